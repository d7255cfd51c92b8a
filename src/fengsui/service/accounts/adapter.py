"""How accounts come to be: through an administrator, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class Accounts(DefaultAccountAdapter):
    """Nobody opens an account for themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No."""
        return False


class OtherAccounts(DefaultSocialAccountAdapter):
    """Whoever logs in through another service must have an account here under the same name."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:
        """No."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin) -> None:
        """Tie the login to the account whose name the other service vouches for, the first time."""
        from fengsui.service.accounts.models import User

        if sociallogin.is_existing:
            return
        said = sociallogin.account.extra_data
        claims = {**said.get("userinfo", {}), **said.get("id_token", {}), **said}
        name = claims.get("preferred_username", "")
        user = User.objects.filter(username=name, is_active=True).first() if name else None
        if user is not None:
            sociallogin.connect(request, user)
