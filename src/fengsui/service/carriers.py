"""The ways out: mail, and systems that take a letter by HTTP. A carrier returns once the letter has arrived.

Every letter carries its id, mail as Message-ID and the others as Idempotency-Key: a letter that is sent
again, because we died before noting that it had arrived, can be known for what it is.
"""

import hashlib
import hmac
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import urlsplit

import msgspec
import requests

from fengsui.engines.outbox import Outgoing

WAIT = 20  # seconds for a server to answer

Carrier = Callable[[Outgoing], None]  # raises NotCarried, Down


class NotCarried(Exception):
    """The letter did not arrive, and why."""


class Down(NotCarried):
    """Nobody answered: the next letter would wait as long for nothing."""


def mail(
    server: str, port: int, *, sender: str, tls: bool = True, user: str = "", password: str = ""
) -> Carrier:
    """Letters as plain mail through a server, over TLS unless it stands on this machine."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"

    def carry(letter: Outgoing) -> None:
        try:
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = sender, letter.address, letter.subject
            message["Message-ID"] = f"<{letter.id}@{domain}>"
            message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
            message.set_content(letter.body)
            with _connected(server, port, tls=tls) as session:
                if user:
                    session.login(user, password)
                session.send_message(message)
        except (smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected) as error:
            raise Down(f"{server}: {error}") from error
        # ValueError: an address no header can hold. It must not keep the letters of others.
        except (smtplib.SMTPException, ValueError) as error:
            raise NotCarried(f"{server}: {error}") from error
        except OSError as error:
            raise Down(f"{server}: {error}") from error

    return carry


def _connected(server: str, port: int, *, tls: bool) -> smtplib.SMTP:
    if tls:
        return smtplib.SMTP_SSL(server, port, timeout=WAIT, context=ssl.create_default_context())
    return smtplib.SMTP(server, port, timeout=WAIT)


def gateway(url: str, *, secret: bytes = b"") -> Carrier:
    """Letters as JSON by HTTP POST; any answer below 300 means that it has arrived.

    With a secret, ``X-Fengsui-Signature`` is the hex HMAC-SHA256 of the body.
    """
    host = urlsplit(url).hostname or "?"

    def carry(letter: Outgoing) -> None:
        body = msgspec.json.encode(
            {"id": letter.id, "to": letter.address, "subject": letter.subject, "text": letter.body}
        )
        headers = {"Content-Type": "application/json", "Idempotency-Key": letter.id}
        if secret:
            headers["X-Fengsui-Signature"] = hmac.new(secret, body, hashlib.sha256).hexdigest()
        try:
            answer = requests.post(url, data=body, headers=headers, timeout=WAIT, allow_redirects=False)
        except requests.RequestException as error:
            # Not what it says, which has the whole address: the key of many a webhook is part of it.
            raise Down(f"{host}: {type(error).__name__}") from None
        if answer.status_code >= 300:
            raise NotCarried(f"{host}: answered {answer.status_code}")

    return carry
