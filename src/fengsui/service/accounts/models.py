"""Accounts and keys, and the posts they hold where the facts of the region do not say so."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from fengsui.access.actors import Actor, Post, post_named
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


class Key(models.Model):
    """What a system shows to come in: kept as a digest, with the posts it speaks from; seconds UTC.

    ``source``: under which its facts are told. ``posts``: as people write them, role@place.
    """

    name = models.CharField(max_length=60, unique=True)
    source = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    organisation = models.CharField(max_length=100, blank=True)
    posts = models.JSONField(default=list)
    per_minute = models.PositiveIntegerField()
    made_at = models.BigIntegerField()
    expires_at = models.BigIntegerField(default=NEVER)
    revoked_at = models.BigIntegerField(default=NEVER)
    used_at = models.BigIntegerField(default=0)  # 0: never

    def __str__(self) -> str:
        return self.name

    def actor(self) -> Actor:
        """The system as the policy knows it. No account can be called so: names of accounts have no slash."""
        posts = tuple(map(post_named, self.posts))
        return Actor(f"key/{self.name}", self.name, posts, self.organisation, is_machine=True)
