"""What the tests of households share."""

import pytest

from households.models import Question


@pytest.fixture
def no_questions(db):
    """Leave the questions of the migration out, so that a test names all there are."""
    Question.objects.all().delete()
