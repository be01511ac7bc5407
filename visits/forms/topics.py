"""The questions of departments that are due at a door, in the one form of its visit."""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from households.actions.facts import Answer
from households.forms.facts import answer_field, stored_form
from households.models import Question, Topic
from households.topics import Asked

PREFIX = "fact"
QUESTION = re.compile(rf"initial-{PREFIX}-q(\d{{1,18}})")


class Group(NamedTuple):
    """The questions of one topic as the form shows them; `same` confirms all of it.

    Each with its field, and whether it is hidden, so that no phone may keep its answer.
    """

    topic: Topic
    same: forms.BoundField | None
    questions: list[tuple[Question, forms.BoundField, bool]]


def shown_in(data: Mapping[str, Any]) -> frozenset[int]:
    """Return the keys of the questions that a form sent back had shown."""
    found = (QUESTION.fullmatch(name) for name in data)
    return frozenset(int(match[1]) for match in found if match)


class TopicsForm(forms.Form):
    """One field for each question, with what is known in it; nothing has to be answered.

    An answer left as it stood counts as given again only where “unchanged” is ticked, once
    for everything or for one topic. What the page showed comes back with it, so that an
    answer stored by somebody else meanwhile is never confirmed unseen.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        asked: Sequence[Asked],
        on: datetime.date,
        is_copy: bool = False,
    ) -> None:
        super().__init__(data, prefix=PREFIX, use_required_attribute=False)
        self.asked = {f"q{one.question.pk}": one for one in asked}
        # On a copy the phone knows what is known of the door.
        known = [one for one in asked if one.value or is_copy]
        topics = {one.question.topic_id for one in known}
        if known:
            self.fields["same"] = forms.BooleanField(
                label=_("Everything unchanged"), required=False
            )
        for name, one in self.asked.items():
            field = answer_field(one.question, self.seen(name, one.value))
            field.show_hidden_initial = True
            field.help_text = one.known(on)
            self.fields[name] = field
        for topic in topics if len({one.question.topic_id for one in asked}) > 1 else ():
            self.fields[f"same{topic}"] = forms.BooleanField(label=_("Unchanged"), required=False)

    def seen(self, name: str, known: str) -> str:
        """Return the answer that the page showed, of a form sent back as it was sent."""
        value: str = self.data.get(f"initial-{self.add_prefix(name)}", known)
        return value if self.is_bound else known

    def groups(self) -> list[Group]:
        """Return the questions topic by topic, for the template."""
        found: dict[int, Group] = {}
        for name, one in self.asked.items():
            topic = one.question.topic
            if topic.pk not in found:
                same = f"same{topic.pk}"
                found[topic.pk] = Group(topic, self[same] if same in self.fields else None, [])
            found[topic.pk].questions.append((one.question, self[name], one.is_hidden))
        return list(found.values())

    def same(self) -> forms.BoundField | None:
        return self["same"] if "same" in self.fields else None

    def answers(self) -> list[Answer]:
        """Return what was answered or confirmed; after validation."""
        given = []
        for name, one in self.asked.items():
            value = stored_form(self.cleaned_data.get(name))
            is_same = self.cleaned_data.get("same") or self.cleaned_data.get(
                f"same{one.question.topic_id}"
            )
            if value and (is_same or name in self.changed_data):
                given.append(Answer(one.question, value))
        return given
