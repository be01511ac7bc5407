"""Columns that hold ciphertext."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression

from households.crypto import decrypt, encrypt


class EncryptedTextField(models.TextField):
    """Text that is plain in Python and AES-GCM ciphertext in the database.

    Cannot be searched or sorted; a blind index beside it answers exact matches.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return encrypt(value, context=self.name) if value else value

    def from_db_value(
        self, value: str | None, _expression: Expression, _connection: BaseDatabaseWrapper
    ) -> str | None:
        return decrypt(value, context=self.name) if value else value
