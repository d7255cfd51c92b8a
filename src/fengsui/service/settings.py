"""How Django is set up: at a desk without accounts or a database, or as a service with both."""

import secrets
from pathlib import Path
from typing import Any

from fengsui.engines.address import Address, address_of, driver_of
from fengsui.service.config import Config, secret_of

HERE = Path(__file__).parent
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
UPLOAD_MOST = 32 * 1024 * 1024  # bytes of one request
HOUR = 3600


def at_a_desk() -> dict[str, Any]:
    """Pages for whoever runs the program on their own machine: quick to start, nothing kept."""
    return {
        "DEBUG": False,
        "SECRET_KEY": secrets.token_urlsafe(50),  # signs nothing that outlives the process
        "ALLOWED_HOSTS": LOOPBACK,  # a page elsewhere cannot reach us by renaming us
        "ROOT_URLCONF": "fengsui.service.urls",
        "INSTALLED_APPS": ["django.contrib.staticfiles", "django_htmx"],
        "MIDDLEWARE": [
            "fengsui.service.guard.guard",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django_htmx.middleware.HtmxMiddleware",
        ],
        "TEMPLATES": [_templates()],
        "CSRF_FAILURE_VIEW": "fengsui.service.pages.not_from_here",
        "STATIC_URL": "/static/",
        "STATICFILES_DIRS": [HERE / "static"],
        "WHITENOISE_USE_FINDERS": True,  # served from the packages, nothing is collected
        "WHITENOISE_MAX_AGE": 0,  # asked again each time: a new version never meets an old style sheet
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 1024 * 1024,
        "USE_TZ": True,
        "USE_I18N": False,  # our words come from our own two files, checked to be complete
        "LOGGING_CONFIG": None,
        "FENGSUI_ACCOUNTS": False,
    }


def with_accounts(config: Config) -> dict[str, Any]:
    """Pages for people who log in."""
    desk = at_a_desk()
    hosts = [config.host_name, *(LOOPBACK if config.proxies == 0 else ())]
    return {
        **desk,
        "SECRET_KEY": secret_of(config),
        "ALLOWED_HOSTS": list(dict.fromkeys(hosts)),
        "CSRF_TRUSTED_ORIGINS": [config.public.rstrip("/")],
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "django.contrib.messages",
            *desk["INSTALLED_APPS"],
            "fengsui.service.accounts.apps.AccountsConfig",
            "allauth",
            "allauth.account",
            "allauth.mfa",
            "allauth.socialaccount",
            *(["allauth.socialaccount.providers.openid_connect"] if config.oidc else []),
        ],
        "MIDDLEWARE": _behind_a_door(desk["MIDDLEWARE"]),
        "TEMPLATES": [_templates(with_accounts=True)],
        "DATABASES": {"default": _database(address_of(config.accounts.database))},
        "AUTH_USER_MODEL": "accounts.User",
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "USE_I18N": True,
        "LANGUAGE_CODE": "zh-hans" if config.lang == "zh" else "en",
        "LANGUAGES": [("zh-hans", "简体中文"), ("en", "English")],
        "FENGSUI_ACCOUNTS": True,
        "FENGSUI_SECOND_FACTOR": config.accounts.second_factor,
        "FENGSUI_IDLE": config.accounts.idle_minutes * 60,
        **_passwords(),
        **_sessions(config),
        **_allauth(config),
    }


def _templates(*, with_accounts: bool = False) -> dict[str, Any]:
    processors = ["django.template.context_processors.request", "django.template.context_processors.csrf"]
    if with_accounts:
        processors += [
            "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages",
            "fengsui.service.frame.frame",
        ]
    return {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": with_accounts,
        "OPTIONS": {
            "builtins": ["fengsui.service.tags"],
            "string_if_invalid": "",
            "context_processors": processors,
        },
    }


def _database(address: Address) -> dict[str, Any]:
    """Where accounts and sessions are kept: a file, or a database of a server, whichever holds the region."""
    if isinstance(address, Path):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(address),
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            },
            "CONN_MAX_AGE": None,
        }
    driver_of(address)  # says so if the driver is not installed
    from psycopg.conninfo import conninfo_to_dict

    said = conninfo_to_dict(address.url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": said.pop("dbname", ""),
        "OPTIONS": said,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,  # a server that was away is found again
    }


def _behind_a_door(desk: list[str]) -> list[str]:
    """The middleware of a desk, with sessions and people in front of ours, and the door behind it."""
    people = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ]
    first, *rest = desk
    return [
        *people,
        first,
        *rest,
        "fengsui.service.accounts.door.door",
        "allauth.account.middleware.AccountMiddleware",
    ]


def _passwords() -> dict[str, Any]:
    check = "django.contrib.auth.password_validation."
    return {
        # OWASP's first choice; Django's own default is PBKDF2.
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"{check}MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
            {"NAME": f"{check}CommonPasswordValidator"},
            {"NAME": f"{check}UserAttributeSimilarityValidator"},
        ],
    }


def _sessions(config: Config) -> dict[str, Any]:
    prefix = "__Host-" if config.is_https else ""  # a cookie no other host could have set
    return {
        "SESSION_COOKIE_NAME": f"{prefix}fengsui",
        "SESSION_COOKIE_SECURE": config.is_https,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": config.accounts.longest_hours * HOUR,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "CSRF_COOKIE_NAME": f"{prefix}csrf",
        "CSRF_COOKIE_SECURE": config.is_https,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_HTTPONLY": True,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if config.proxies else None,
        "SECURE_HSTS_SECONDS": 365 * 24 * HOUR if config.is_https else 0,
    }


def _allauth(config: Config) -> dict[str, Any]:
    tries, minutes = config.accounts.tries, config.accounts.lock_minutes
    return {
        "LOGIN_URL": "/accounts/login/",
        "LOGIN_REDIRECT_URL": "/work",
        "ACCOUNT_ADAPTER": "fengsui.service.accounts.adapter.Accounts",
        "SOCIALACCOUNT_ADAPTER": "fengsui.service.accounts.adapter.OtherAccounts",
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_LOGOUT_REDIRECT_URL": "/accounts/login/",
        "ACCOUNT_SESSION_REMEMBER": False,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_PREVENT_ENUMERATION": True,
        # Of one name from anywhere, and of one machine whatever the names.
        "ACCOUNT_RATE_LIMITS": {"login_failed": f"{tries}/{minutes}m/key,{tries * 6}/{minutes}m/ip"},
        "ALLAUTH_TRUSTED_PROXY_COUNT": config.proxies,
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_TOTP_ISSUER": "Fengsui",
        # Browsers keep passkeys from pages without TLS; localhost is the one exception they make.
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not config.is_https,
        "SOCIALACCOUNT_ONLY": False,
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": [_oidc(one) for one in config.oidc]}},
    }


def _oidc(one) -> dict[str, Any]:
    secret = Path(one.secret_file).read_text(encoding="utf-8").strip() if one.secret_file else ""
    return {
        "provider_id": one.id,
        "name": one.name,
        "client_id": one.client,
        "secret": secret,
        "settings": {"server_url": one.server, "oauth_pkce_enabled": True},
    }
