"""An account, and the posts it holds where the facts of the region do not say so."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from fengsui.access.actors import Actor, Post
from fengsui.kit.instant import NEVER


class User(AbstractUser):
    """Somebody who may log in. ``subject``: the pseudonym under which the facts speak of them."""

    lang = models.CharField(max_length=2, blank=True)
    organisation = models.CharField(max_length=100, blank=True)
    subject = models.CharField(max_length=100, blank=True)
    must_change_password = models.BooleanField(default=True)

    def actor(self) -> Actor:
        """The account as the policy knows it."""
        return Actor(
            id=self.username,
            name=self.get_full_name() or self.username,
            posts=tuple(held.post() for held in self.held.all()),
            organisation=self.organisation,
            subject=self.subject,
        )


class Held(models.Model):
    """A post of an account, in [from_at, until_at); seconds UTC."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="held")
    role = models.CharField(max_length=60)
    place = models.CharField(max_length=100, blank=True)
    from_at = models.BigIntegerField()
    until_at = models.BigIntegerField(default=NEVER)

    class Meta:
        """One row for each post of somebody."""

        constraints = (models.UniqueConstraint(fields=("user", "role", "place"), name="one_row_a_post"),)

    def __str__(self) -> str:
        return self.post().name

    def post(self) -> Post:
        """The post as the policy knows it."""
        return Post(self.role, self.place or None, self.from_at, self.until_at)
