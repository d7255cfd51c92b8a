"""The inbound protocol drawn as a BPMN process: every obligation waits on a branch of its own.

In the usual drawing, one step after the other, a missing test holds the token and the release that did
happen is not seen; with a branch each, the process finds what the rules ask for, at a higher cost. A
window of tests is a timer, and then a choice: the test, or the opening of the next window.
"""

from itertools import count, pairwise

from bench.peers.steps import N_LABORATORIES

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="inbound_definitions" targetNamespace="bench">"""
NEGATIVE = tuple(f"negative{i}" for i in range(N_LABORATORIES))  # found by this laboratory
MESSAGES = ("sampled", "admitted", "tested", "released", "received", "positive", *NEGATIVE)
PROCESS = "inbound"
HOME_OPENS = "home_opens"  # ends the wait for the last central test


def drawing() -> str:
    """The process as BPMN XML."""
    d = _Drawing()
    d.node("startEvent", "arrived")
    d.parallel("from_arrival", after="arrived")
    d.path("from_arrival", d.catch("met_sampled", "sampled"), d.end())
    d.path("from_arrival", d.catch("met_transfer", "admitted"))
    d.path("from_arrival", d.catch("reached_released", "released"))
    d.path("from_arrival", d.catch("reached_positive", "positive"), d.end("<bpmn:terminateEventDefinition/>"))
    d.parallel("from_admission", after="met_transfer")
    for i in (1, 2, 3):
        d.window("from_admission", i, other=d.timer(f"next{i}", f"open{i + 1}"))
    d.window("from_admission", 4, other=d.signal("intermediateCatchEvent", "home_began"))
    d.path("from_admission", d.timer("release_day", "open4"), d.catch("met_release", "released"), d.end())
    d.two_laboratories("from_admission")
    d.parallel("from_release", after="reached_released")
    d.path("from_release", d.catch("met_received", "received"), d.end())
    d.window(
        "from_release",
        5,
        other=d.timer("next5", "open6"),
        first=d.signal("intermediateThrowEvent", "home_begins"),
    )
    d.path("from_release", d.timer("day6", "open6"), d.catch("test6", "tested"), d.end())
    return d.xml()


class _Drawing:
    """Collects nodes and the arrows between them."""

    def __init__(self) -> None:
        self._body: list[str] = []
        self._number = count(1)

    def node(self, tag: str, name: str, inside: str = "") -> str:
        self._body.append(f'<bpmn:{tag} id="{name}">{inside}</bpmn:{tag}>')
        return name

    def path(self, *names: str) -> None:
        for source, target in pairwise(names):
            flow = f"flow{next(self._number)}"
            self._body.append(f'<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{target}"/>')

    def parallel(self, name: str, *, after: str) -> None:
        self.path(after, self.node("parallelGateway", name))

    def catch(self, name: str, message: str) -> str:
        inside = f'<bpmn:messageEventDefinition messageRef="m_{message}"/>'
        return self.node("intermediateCatchEvent", name, inside)

    def timer(self, name: str, moment: str) -> str:
        date = f'<bpmn:timeDate xsi:type="bpmn:tFormalExpression">{moment}</bpmn:timeDate>'
        return self.node(
            "intermediateCatchEvent", name, f"<bpmn:timerEventDefinition>{date}</bpmn:timerEventDefinition>"
        )

    def signal(self, tag: str, name: str) -> str:
        return self.node(tag, name, f'<bpmn:signalEventDefinition signalRef="s_{HOME_OPENS}"/>')

    def end(self, inside: str = "") -> str:
        return self.node("endEvent", f"end{next(self._number)}", inside)

    def window(self, source: str, i: int, *, other: str, first: str = "") -> None:
        """From its opening on: the test, or what ends the wait for it."""
        choice = self.node("eventBasedGateway", f"test{i}")  # the gateway keeps what it caught
        opened = self.timer(f"day{i}", f"open{i}")
        self.path(source, opened, *([first] if first else []), choice)
        self.path(choice, self.catch(f"tested{i}", "tested"), self.end())
        self.path(choice, other, self.end())

    def two_laboratories(self, source: str) -> None:
        """From day 14 on: one laboratory finds nothing, then any of the others."""
        first = self.node("eventBasedGateway", "first")
        self.path(source, self.timer("double_day", "open4"), first)
        for one in NEGATIVE:
            second = self.node("eventBasedGateway", f"second_after_{one}")
            self.path(first, self.catch(f"first_{one}", one), second)
            for other in NEGATIVE:
                if other != one:
                    self.path(second, self.catch(f"{one}_then_{other}", other), self.end())

    def xml(self) -> str:
        messages = "".join(f'<bpmn:message id="m_{name}" name="{name}"/>' for name in MESSAGES)
        signal = f'<bpmn:signal id="s_{HOME_OPENS}" name="{HOME_OPENS}"/>'
        process = f'<bpmn:process id="{PROCESS}" isExecutable="true">{"".join(self._body)}</bpmn:process>'
        return f"{HEAD}{messages}{signal}{process}</bpmn:definitions>"
