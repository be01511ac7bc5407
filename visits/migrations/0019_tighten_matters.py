import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("visits", "0018_fill_clocks"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='mattercategory',
            name='matter_category_days_positive',
        ),
        migrations.RemoveIndex(
            model_name='matter',
            name='matter_of_grid',
        ),
        migrations.RemoveField(
            model_name='matter',
            name='due_on',
        ),
        migrations.RemoveField(
            model_name='mattercategory',
            name='days_to_resolve',
        ),
        migrations.AddIndex(
            model_name='matter',
            index=models.Index(fields=['grid', 'status', 'due_at'], name='matter_of_grid'),
        ),
        migrations.AddConstraint(
            model_name='matter',
            constraint=models.CheckConstraint(condition=models.Q(('assignee', None), ('department', None), _connector='OR'), name='matter_one_holder', violation_error_message='Choose a person or a department.'),
        ),
        migrations.AddConstraint(
            model_name='matter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['assigned', 'in_progress', 'waiting', 'ongoing']), _negated=True), ('assignee__isnull', False), ('department__isnull', False), _connector='OR'), name='matter_is_held', violation_error_message='A matter being worked on needs somebody who has it.'),
        ),
        migrations.AddConstraint(
            model_name='matter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('merged_into__isnull', False), ('status', 'merged'), models.Q(('merged_into', models.F('pk')), _negated=True)), models.Q(models.Q(('status', 'merged'), _negated=True), ('merged_into', None)), _connector='OR'), name='matter_merged_into_another', violation_error_message='A merged matter names the other one.'),
        ),
        migrations.AddConstraint(
            model_name='matter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['waiting', 'ongoing']), _negated=True), ('next_on__isnull', False), _connector='OR'), name='matter_sleeps_until', violation_error_message='Say when it is to be looked at again.'),
        ),
        migrations.AddConstraint(
            model_name='matter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('due_at__isnull', False), ('status__in', ['received', 'accepted', 'assigned', 'in_progress', 'resolved'])), models.Q(('due_at', None), ('status__in', ['waiting', 'ongoing', 'closed', 'unsolved', 'declined', 'merged'])), _connector='OR'), name='matter_has_a_clock', violation_error_message='A deadline is missing, or one too many.'),
        ),
        migrations.AddConstraint(
            model_name='matter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('status__in', ['closed', 'unsolved', 'declined', 'merged'])), models.Q(models.Q(('status__in', ['closed', 'unsolved', 'declined', 'merged']), _negated=True), ('closed_at', None)), _connector='OR'), name='matter_ended_has_its_day', violation_error_message='An ended matter needs the moment it ended.'),
        ),
        migrations.AddConstraint(
            model_name='matter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('source', 'worker'), _negated=True), ('reported_by__isnull', False), _connector='OR'), name='matter_has_a_reporter', violation_error_message='Say who reported it.'),
        ),
        migrations.AddConstraint(
            model_name='mattercategory',
            constraint=models.CheckConstraint(condition=models.Q(('red_percent__lte', 100), ('yellow_percent__lte', models.F('red_percent'))), name='matter_category_lights_in_order', violation_error_message='Yellow comes before red, and red by 100 percent.'),
        ),
        migrations.AddConstraint(
            model_name='mattercategory',
            constraint=models.CheckConstraint(condition=models.Q(('accept_working_days__gte', 1), ('verify_working_days__gte', 1)), name='matter_category_stages_positive', violation_error_message='Give at least one day.'),
        ),
        migrations.AddConstraint(
            model_name='matterevent',
            constraint=models.UniqueConstraint(condition=models.Q(('move__isnull', False)), fields=('matter', 'move'), name='matter_event_one_per_move'),
        ),
    ]
