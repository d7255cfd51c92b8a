"""What stands before every page of a service with accounts: nobody comes in without having logged in.

Everything is closed but what is named in OPEN. A board that refreshes itself does not count as somebody
being there, so an unattended screen locks itself although it keeps moving.
"""

import time
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.http import urlencode

from fengsui.access.actors import Actor
from fengsui.access.refusal import Denied, Refusal
from fengsui.service.accounts.keys import key_of

OPEN = ("/accounts/login/", "/accounts/2fa/authenticate/", "/accounts/2fa/webauthn/login/", "/accounts/oidc/")
OPEN_TO_ALL = ("/static/", "/health")
API = "/api/v1/"  # systems come in here, with a key; nowhere else does a key open anything
CHANGE, SECOND, OUT = "/accounts/password/change/", "/accounts/2fa/", "/accounts/logout/"
NOBODY = Actor("", "")
TOUCHED = "touched_at"
TOUCH_AFTER = 60  # seconds between two notes of somebody being there


def actor_of(request: HttpRequest) -> Actor:
    """Who sends a request, by its key or by their account. A key counts for more than a session."""
    if request.path.startswith(API) and "Authorization" in request.headers:
        try:
            request.key = key_of(request.headers["Authorization"])
        except Denied as denied:
            request.key_refusal = denied.refusal
            return NOBODY
        return request.key.actor()
    user = getattr(request, "user", None)
    return user.actor() if user is not None and user.is_authenticated else NOBODY


def door(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Django middleware: lets in who has logged in, lately enough, with what the service asks for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith((*OPEN_TO_ALL, *OPEN)):
            return get_response(request)
        if request.path.startswith(API) and (_shows_a_key(request) or not request.user.is_authenticated):
            return get_response(request)  # it says itself why somebody may not come in
        if not request.user.is_authenticated:
            return _to_login(request)
        if not _is_there(request):
            request.session.flush()
            return _to_login(request)
        return _first(request) or get_response(request)

    return middleware


def _shows_a_key(request: HttpRequest) -> bool:
    return "Authorization" in request.headers


def _is_there(request: HttpRequest) -> bool:
    """Whether somebody did something lately; what a page does by itself is no sign of it."""
    now = int(time.time())  # not the clock of the region, which a drill may have stopped
    touched = request.session.get(TOUCHED, now)
    if now - touched > settings.FENGSUI_IDLE:
        return False
    if request.GET.get("part") != "live" and (TOUCHED not in request.session or now - touched > TOUCH_AFTER):
        request.session[TOUCHED] = now
    return True


def _first(request: HttpRequest) -> HttpResponse | None:
    """What has to be done before anything else: a password of one's own, a second factor."""
    if request.path in (OUT, CHANGE):
        return None
    if request.user.must_change_password and request.user.has_usable_password():
        return HttpResponseRedirect(CHANGE)
    needs = settings.FENGSUI_SECOND_FACTOR and not is_mfa_enabled(request.user)
    if needs and not request.path.startswith((SECOND, "/accounts/reauthenticate/")):
        return HttpResponseRedirect(SECOND)
    return None


def _to_login(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/") or request.GET.get("format"):
        said = Refusal("log_in_first")
        text = said.text.in_(request.lang)
        return JsonResponse({"error": said.code, "message": text, "findings": []}, status=401)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": OPEN[0]})
    return HttpResponseRedirect(f"{OPEN[0]}?{urlencode({'next': request.get_full_path()})}")
