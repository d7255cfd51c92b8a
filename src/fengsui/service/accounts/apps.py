"""The accounts, as Django knows them."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts and the posts they hold."""

    name = "fengsui.service.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to logins."""
        from fengsui.service.accounts import signals  # noqa: F401 (importing it is what connects it)
