"""Start here. Only the standard library is needed; the rest is installed into .venv beside this file.
从这里开始。只需 Python 标准库，其余装入同目录的 .venv。

python3 dev.py demo [--no-serve] [--json] [--loops N] [--seed N] [--port P]
                                    build a region and open its board     建一个地区，打开看板
python3 dev.py test [pytest …]      every check and every test            全部检查与测试
python3 dev.py bench NAME [--json]  one benchmark of bench/               bench/ 中的一项性能测试
python3 dev.py check                the checks alone, in seconds          只做检查，数秒
python3 dev.py fix                  let ruff put right what it can        让 ruff 修正能修正的
python3 dev.py lock                 make requirements/*.txt again         重新生成锁定文件

Progress goes to stderr; stdout carries only what the command itself prints. 进度写到 stderr。
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Above everything else, so that an old interpreter says this and not a stack trace. The whole file keeps
# to syntax that Python 3.6 can read, for the same reason.
if sys.version_info < (3, 11):
    newer = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    this = "%d.%d" % sys.version_info[:2]
    words = " ".join(sys.argv[1:])
    sys.exit(
        f"Fengsui needs Python 3.11 or newer; this is {this}. 烽燧需要 Python 3.11 或更高版本。\n"
        + (
            f"→ {newer[0]} dev.py {words}"
            if newer
            else "→ apt-get install python3 (Debian 12, Ubuntu 24.04 or newer)"
        )
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
STAMP = VENV / "fengsui-stamp.json"
INSTALL_LOG = VENV / "fengsui-install.log"
LOCKS = ("core", "test", "bench")  # requirements/*.txt; the last two contain the first
PIP_TOOLS = "pip-tools==7.6.2"

ASK_THE_NETWORK = (
    "Check the network and the package index (`pip config list`), then run the same command again.",
    "请检查网络与软件源（`pip config list`），然后重新运行同一命令。",
)
# What pip prints when it fails, and what to do then: the first line that fits is shown.
REMEDIES = (
    (
        "DO NOT MATCH THE HASHES",
        "A package is not the file the lock names. Do not go on; ask who runs your package index.",
        "有软件包与锁定文件的哈希不符。请勿继续，并联系软件源管理员。",
    ),
    ("No space left", "The disk is full: about 700 MB are needed here.", "磁盘已满：此处约需 700 MB。"),
    ("(from versions: none)", *ASK_THE_NETWORK),
    (
        "No matching distribution",
        "No ready-made package fits this Python and machine; tested: Linux x86-64, Python 3.11 to 3.13.",
        "没有适合本机与此 Python 版本的软件包；已测试的是 Linux x86-64 与 Python 3.11 至 3.13。",
    ),
    ("", *ASK_THE_NETWORK),
)


class StepFailed(Exception):
    """A step did not end well; says what failed and what to do about it."""


def in_words(english, chinese):
    """The sentence in the language of the terminal."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return chinese if spoken.startswith("zh") else english


def say(english, chinese, *, end="\n"):
    """One line for the person at the terminal."""
    print(in_words(english, chinese), end=end, file=sys.stderr, flush=True)


def main(arguments):
    """Run one command of the table below; the number returned is the exit code."""
    name = arguments[0] if arguments else ""
    if name not in COMMANDS:
        print(__doc__, file=sys.stdout if name in ("-h", "--help", "help") else sys.stderr)
        return 0 if name in ("-h", "--help", "help") else 2
    # What is installed uncompiled must be kept once it is compiled, or every start costs a second more.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        return COMMANDS[name](arguments[1:])
    except StepFailed as failure:
        print(f"\n✗ {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


# --- the commands -------------------------------------------------------------------------------------


def demo(arguments):
    """Install what is needed to run, then hand over to the command line."""
    prepare("core")
    return hand_over("-m", "fengsui.cli", "demo", *arguments)


def test(arguments):
    """All checks, then all tests; the last words are pytest's own."""
    prepare("test")
    failed = [title for title, command in CHECKS if not passes(title, command)]
    tests = ["-m", "pytest", "-q", "-n", "2", *arguments]
    if not failed:
        return hand_over(*tests)
    # The tests still run, so that one look at the log shows everything that is wrong.
    subprocess.run([str(PYTHON), *tests], cwd=str(ROOT), check=False)
    raise StepFailed(not_passed(failed))


def check(arguments):
    """The checks without the tests; the rules of the house (sizes, documents) are the last of them."""
    prepare("test")
    house = (
        "house rules and documents",
        (str(PYTHON), "-m", "pytest", "-q", "tests/test_house.py", "tests/test_purity.py", *arguments),
    )
    failed = [title for title, command in (*CHECKS, house) if not passes(title, command)]
    if failed:
        raise StepFailed(not_passed(failed))
    return 0


def not_passed(titles):
    """The sentence that names the checks that failed, and what may help."""
    names = ", ".join(titles)
    return in_words(
        f"not passed: {names}\n→ `python3 dev.py fix` puts right what ruff can; the rest is named above",
        f"未通过：{names}\n→ `python3 dev.py fix` 可修正 ruff 能修正的部分，其余见上文",
    )


def bench(arguments):
    """One benchmark, with its peers installed for the comparison."""
    known = sorted(path.stem for path in (ROOT / "bench").glob("[!_]*.py"))
    name = arguments[0] if arguments else ""
    if name not in known:
        say(
            "Which benchmark? python3 dev.py bench NAME, with NAME one of: " + ", ".join(known),
            "要运行哪一项？python3 dev.py bench NAME，可选：" + "、".join(known),
        )
        return 2
    prepare("bench")
    return hand_over("-m", "bench." + name, *arguments[1:])


def fix(_arguments):
    """Let ruff change what it can change safely."""
    prepare("test")
    ruff = str(BIN / "ruff")
    changed = [
        subprocess.run([ruff, *words], cwd=str(ROOT), check=False)
        for words in (("check", "--fix"), ("format",))
    ]
    return max(done.returncode for done in changed)


def lock(_arguments):
    """Make the lock files again from requirements/*.in, with pip-tools in an environment of its own."""
    with tempfile.TemporaryDirectory(prefix="fengsui-lock-") as folder:
        tool = Path(folder) / "bin"
        say(f"· {PIP_TOOLS}", f"· {PIP_TOOLS}")
        run("venv", [sys.executable, "-m", "venv", folder], remedy=NO_VENV)
        run(PIP_TOOLS, [str(tool / "pip"), "install", "-q", "--disable-pip-version-check", PIP_TOOLS])
        for name in LOCKS:
            out = f"{name}.txt"
            say(f"· requirements/{out}", f"· requirements/{out}")
            options = ["--generate-hashes", "--no-annotate", "--strip-extras", "--no-header", "-q"]
            # An address in a lock file would hold everyone to one package index.
            options += ["--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links"]
            command = [str(tool / "pip-compile"), *options, "-o", out, f"{name}.in"]
            run(out, command, cwd=ROOT / "requirements")
    return 0


# --- the steps they are made of -----------------------------------------------------------------------


def prepare(lock_name):
    """Bring .venv to the named lock file, unless its stamp says it is there already."""
    stamp, here = read_stamp(), home()
    broken_off = stamp is None and INSTALL_LOG.exists()
    if here is None or broken_off or (stamp and stamp["home"] != here):
        # Missing, half-filled, moved with its checkout, or its Python was replaced: not to be mended.
        say("· making the virtual environment .venv", "· 创建虚拟环境 .venv")
        run("venv", [sys.executable, "-m", "venv", "--clear", str(VENV)], remedy=NO_VENV)
        stamp = None
    locks = stamp["locks"] if stamp else {}
    fresh = {name: fingerprint(name) for name in LOCKS}
    # The larger locks contain the core lock (tests/test_house.py holds them to it).
    enough = [lock_name] if lock_name != "core" else list(fresh)
    if any(locks.get(name) == fresh[name] for name in enough):
        return
    STAMP.unlink(missing_ok=True)
    install(lock_name)
    write_entry_points()
    locks[lock_name] = fresh[lock_name]
    STAMP.write_text(json.dumps({"home": home(), "locks": locks}), encoding="utf-8")


def read_stamp():
    """What was installed last, or None if that is not known."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        return {"home": stamp["home"], "locks": dict(stamp["locks"])}
    except (OSError, ValueError, TypeError, KeyError):
        return None


def home():
    """Version and place of the Python in .venv, or None if it does not start or has no pip."""
    try:
        ask_venv("import importlib.util as u, sys; sys.exit(not u.find_spec('pip'))")
        return ask_venv("import sys; print('%d.%d' % sys.version_info[:2], sys.prefix)")
    except (OSError, subprocess.CalledProcessError):
        return None


def fingerprint(lock_name):
    """The SHA-256 of a lock file."""
    return hashlib.sha256((ROOT / "requirements" / f"{lock_name}.txt").read_bytes()).hexdigest()


def install(lock_name):
    """Install exactly what the lock names, every file checked against its hash, with a bar meanwhile."""
    lock_file = ROOT / "requirements" / f"{lock_name}.txt"
    total = sum("==" in line for line in lock_file.read_text(encoding="utf-8").splitlines())
    packages = Path(ask_venv("import sysconfig; print(sysconfig.get_path('purelib'))"))
    before = set(packages.glob("*.dist-info"))
    # --no-compile halves the time: Python compiles a module when it is first imported; most never are.
    command = [str(PYTHON), "-m", "pip", "install", "-r", str(lock_file)]
    command += [
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--no-compile",
        "--no-user",
        "--no-input",
    ]
    command += ["--disable-pip-version-check", "--progress-bar", "off"]
    say(
        f"· installing {total} packages from {lock_file.name}",
        f"· 安装 {lock_file.name} 中的 {total} 个软件包",
    )
    started = time.monotonic()
    with INSTALL_LOG.open("wb") as log:
        pip = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            while pip.poll() is None:
                time.sleep(0.2)
                found = INSTALL_LOG.read_bytes()
                fetched = found.count(b"Collecting ") + found.count(b"Requirement already satisfied")
                unpacked = len(set(packages.glob("*.dist-info")) - before)
                show_bar(fetched, unpacked, total=total, seconds=time.monotonic() - started)
        finally:
            if pip.poll() is None:
                pip.terminate()
                pip.wait()
    seconds = time.monotonic() - started
    if pip.returncode:
        said = INSTALL_LOG.read_text(encoding="utf-8", errors="replace")
        INSTALL_LOG.unlink()  # a log without a stamp would mean that pip was killed while it unpacked
        raise StepFailed(install_failure(said, seconds))
    clear = "\r\033[K" if sys.stderr.isatty() else ""
    say(f"{clear}  ✓ {seconds:.0f} s", f"{clear}  ✓ {seconds:.0f} 秒")


def show_bar(fetched, unpacked, *, total, seconds):
    """Draw one line over itself; nothing where stderr is not a terminal."""
    if not sys.stderr.isatty():
        return
    filled = round(30 * (fetched + unpacked) / (2 * total))
    bar = "█" * min(filled, 30) + "░" * max(30 - filled, 0)
    doing = ("fetching", "下载") if unpacked == 0 else ("unpacking", "安装")
    count = f"{unpacked or fetched}/{total} {seconds:3.0f} s"
    say(f"\r{bar} {doing[0]} {count} ", f"\r{bar} {doing[1]} {count} ", end="")


def install_failure(log, seconds):
    """The end of pip's own words, and what to do."""
    remedy = next(row for row in REMEDIES if row[0] in log)
    last = "\n".join(log.strip().splitlines()[-12:])
    said = in_words(
        f"installing packages failed after {seconds:.0f} s", f"安装软件包失败（{seconds:.0f} 秒后）"
    )
    return f"{said}\n{last}\n→ {in_words(remedy[1], remedy[2])}"


def write_entry_points():
    """Make `import fengsui` and the command `fengsui` work in .venv, without building a package.

    A path file and a two-line script do what an editable install does, in no time and with nothing to build.
    """
    packages = Path(ask_venv("import sysconfig; print(sysconfig.get_path('purelib'))"))
    (packages / "fengsui.pth").write_text(f"{ROOT / 'src'}\n", encoding="utf-8")
    script = BIN / "fengsui"
    script.write_text(f'#!/bin/sh\nexec "{PYTHON}" -m fengsui.cli "$@"\n', encoding="utf-8")
    script.chmod(0o755)


def ask_venv(code):
    """What a line of Python prints in .venv."""
    done = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def run(title, command, *, remedy=ASK_THE_NETWORK, cwd=ROOT):
    """Run a step that is silent when it works; StepFailed with its output and the remedy when not."""
    try:
        done = subprocess.run(command, cwd=str(cwd), capture_output=True, text=True, check=False)
    except OSError as error:
        raise StepFailed(f"{title}: {error}\n→ {in_words(*remedy)}") from error
    if done.returncode:
        raise StepFailed(f"{title}\n{(done.stdout + done.stderr).strip()}\n→ {in_words(*remedy)}")


def passes(title, command):
    """Run one check, saying its name and how long it took; what it printed is shown if it failed."""
    started = time.monotonic()
    say(f"· {title}", f"· {title}")
    done = subprocess.run(list(command), cwd=str(ROOT), capture_output=True, text=True, check=False)
    good, seconds = done.returncode == 0, time.monotonic() - started
    if not good:
        print(done.stdout + done.stderr, file=sys.stderr)
    mark = "✓" if good else "✗"
    say(f"  {mark} {seconds:.1f} s", f"  {mark} {seconds:.1f} 秒")
    return good


def hand_over(*words):
    """Become the Python of .venv with these arguments, so that signals and exit codes need no passing on."""
    os.chdir(str(ROOT))
    os.execv(str(PYTHON), [str(PYTHON), *words])


NO_VENV = (
    "Python's venv module must work. On Debian and Ubuntu: apt-get install python3-venv python3-pip",
    "需要可用的 venv 模块。Debian 与 Ubuntu：apt-get install python3-venv python3-pip",
)
CHECKS = (
    ("ruff check", (str(BIN / "ruff"), "check", "--output-format", "concise")),
    ("ruff format --check", (str(BIN / "ruff"), "format", "--check", "--output-format", "concise")),
    ("lint-imports", (str(BIN / "lint-imports"), "--no-logo")),
)
COMMANDS = {"demo": demo, "test": test, "bench": bench, "check": check, "fix": fix, "lock": lock}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
