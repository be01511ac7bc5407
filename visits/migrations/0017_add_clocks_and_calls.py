import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0008_require_card_keys"),
        ("households", "0010_fill_walk_down"),
        ("visits", "0016_call_issues_matters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CalendarDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='day')),
                ('kind', models.CharField(choices=[('holiday', 'Holiday'), ('workday', 'Make-up workday')], max_length=10, verbose_name='kind')),
                ('name', models.CharField(blank=True, max_length=40, verbose_name='name')),
            ],
            options={
                'verbose_name': 'holiday or make-up workday',
                'verbose_name_plural': 'holidays and make-up workdays',
                'ordering': ['day'],
            },
        ),
        migrations.CreateModel(
            name='CalledDepartment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_lead', models.BooleanField(default=False, verbose_name='leads')),
                ('called_at', models.DateTimeField(verbose_name='called at')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered at')),
            ],
            options={
                'verbose_name': 'called department',
                'verbose_name_plural': 'called departments',
                'ordering': ['-is_lead', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='TimeLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('urgency', models.CharField(choices=[('minor', 'Minor'), ('normal', 'Normal'), ('urgent', 'Urgent'), ('major', 'Major')], max_length=10, verbose_name='urgency')),
                ('amount', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='time limit')),
                ('unit', models.CharField(choices=[('hours', 'hours'), ('working_hours', 'working hours'), ('days', 'days'), ('working_days', 'working days')], max_length=14, verbose_name='counted in')),
            ],
            options={
                'verbose_name': 'time limit',
                'verbose_name_plural': 'time limits',
                'ordering': ['category', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='matter',
            name='clock_seconds',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='matter',
            name='clock_unit',
            field=models.CharField(blank=True, choices=[('hours', 'hours'), ('working_hours', 'working hours'), ('days', 'days'), ('working_days', 'working days')], editable=False, max_length=14),
        ),
        migrations.AddField(
            model_name='matter',
            name='dispatched_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='handed on at'),
        ),
        migrations.AddField(
            model_name='matter',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='due'),
        ),
        migrations.AddField(
            model_name='matter',
            name='extended',
            field=models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='times extended'),
        ),
        migrations.AddField(
            model_name='matter',
            name='extension_until',
            field=models.DateTimeField(blank=True, null=True, verbose_name='more time asked for until'),
        ),
        migrations.AddField(
            model_name='matter',
            name='handle_by',
            field=models.DateTimeField(blank=True, null=True, verbose_name='to be handled by'),
        ),
        migrations.AddField(
            model_name='matter',
            name='level',
            field=models.CharField(choices=[('community', 'Community'), ('street', 'Street')], default='community', max_length=10, verbose_name='decided by the'),
        ),
        migrations.AddField(
            model_name='matter',
            name='merged_into',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='visits.matter', verbose_name='merged into'),
        ),
        migrations.AddField(
            model_name='matter',
            name='next_on',
            field=models.DateField(blank=True, null=True, verbose_name='to be looked at again on'),
        ),
        migrations.AddField(
            model_name='matter',
            name='rating',
            field=models.PositiveSmallIntegerField(blank=True, choices=[(1, 'Not solved'), (2, 'Partly solved'), (3, 'Solved')], null=True, verbose_name='the resident says'),
        ),
        migrations.AddField(
            model_name='matter',
            name='red_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='matter',
            name='reopened',
            field=models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='times reopened'),
        ),
        migrations.AddField(
            model_name='matter',
            name='returned',
            field=models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='times returned'),
        ),
        migrations.AddField(
            model_name='matter',
            name='reworked',
            field=models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='times reworked'),
        ),
        migrations.AddField(
            model_name='matter',
            name='seconds_left',
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='matter',
            name='source',
            field=models.CharField(choices=[('worker', 'Somebody at work'), ('resident', 'A resident'), ('open311', 'A city service')], default='worker', max_length=10, verbose_name='came from'),
        ),
        migrations.AddField(
            model_name='matter',
            name='supervision',
            field=models.CharField(blank=True, choices=[('', 'None'), ('reminded', 'Reminded'), ('yellow', 'Yellow card'), ('red', 'Red card')], default='', max_length=10, verbose_name='supervision'),
        ),
        migrations.AddField(
            model_name='matter',
            name='yellow_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='mattercategory',
            name='accept_working_days',
            field=models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='working days to accept and hand on'),
        ),
        migrations.AddField(
            model_name='mattercategory',
            name='checklist',
            field=models.TextField(blank=True, help_text='One step a line.', max_length=1000, verbose_name='steps of the errand'),
        ),
        migrations.AddField(
            model_name='mattercategory',
            name='code',
            field=models.SlugField(blank=True, help_text='The service code under which city clients file it; letters and digits.', max_length=40, null=True, unique=True, verbose_name='code'),
        ),
        migrations.AddField(
            model_name='mattercategory',
            name='department_name',
            field=models.CharField(blank=True, help_text='Its name; the department of that name over the grid is proposed first.', max_length=60, verbose_name='usual department'),
        ),
        migrations.AddField(
            model_name='mattercategory',
            name='hint',
            field=models.TextField(blank=True, help_text='Shown beside the matter: what to ask, what usually helps.', max_length=1000, verbose_name='what to know'),
        ),
        migrations.AddField(
            model_name='mattercategory',
            name='is_errand',
            field=models.BooleanField(default=False, help_text='Done step by step; the resident can follow the steps.', verbose_name='errand for a resident'),
        ),
        migrations.AddField(
            model_name='mattercategory',
            name='is_public',
            field=models.BooleanField(default=False, help_text="Stands in the form behind the grid's QR code and among the city services.", verbose_name='offered to residents'),
        ),
        migrations.AddField(
            model_name='mattercategory',
            name='red_percent',
            field=models.PositiveSmallIntegerField(default=90, help_text='Percent of the time used up.', validators=[django.core.validators.MaxValueValidator(100)], verbose_name='red after'),
        ),
        migrations.AddField(
            model_name='mattercategory',
            name='verify_working_days',
            field=models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='working days to verify'),
        ),
        migrations.AddField(
            model_name='mattercategory',
            name='yellow_percent',
            field=models.PositiveSmallIntegerField(default=70, help_text='Percent of the time used up.', validators=[django.core.validators.MaxValueValidator(100)], verbose_name='yellow after'),
        ),
        migrations.AddField(
            model_name='matterevent',
            name='move',
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='matter',
            name='reported_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reported_matters', to=settings.AUTH_USER_MODEL, verbose_name='reported by'),
        ),
        migrations.AlterField(
            model_name='matter',
            name='status',
            field=models.CharField(choices=[('received', 'Received'), ('accepted', 'Accepted'), ('assigned', 'Assigned'), ('in_progress', 'Being worked on'), ('waiting', 'Waiting for others'), ('ongoing', 'Long-running'), ('resolved', 'Resolved, to be verified'), ('closed', 'Closed'), ('unsolved', 'Closed, not solved'), ('declined', 'Declined'), ('merged', 'Merged into another')], default='received', max_length=12, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='matter',
            name='urgency',
            field=models.CharField(choices=[('minor', 'Minor'), ('normal', 'Normal'), ('urgent', 'Urgent'), ('major', 'Major')], default='normal', max_length=10, verbose_name='urgency'),
        ),
        migrations.AlterField(
            model_name='matterevent',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AlterField(
            model_name='matterevent',
            name='status',
            field=models.CharField(choices=[('received', 'Received'), ('accepted', 'Accepted'), ('assigned', 'Assigned'), ('in_progress', 'Being worked on'), ('waiting', 'Waiting for others'), ('ongoing', 'Long-running'), ('resolved', 'Resolved, to be verified'), ('closed', 'Closed'), ('unsolved', 'Closed, not solved'), ('declined', 'Declined'), ('merged', 'Merged into another')], max_length=12, verbose_name='status then'),
        ),
        migrations.AlterField(
            model_name='matterevent',
            name='step',
            field=models.CharField(choices=[('reported', 'Reported'), ('accept', 'Accepted'), ('decline', 'Declined'), ('merge', 'Merged into another'), ('separate', 'Separated again'), ('solve', 'Solved on the spot'), ('take', 'Taken on'), ('assign', 'Assigned'), ('whistle', 'Departments called together'), ('answer', 'Answered the call'), ('start', 'Work begun'), ('wait', 'Waiting for others'), ('resume', 'Goes on'), ('keep', 'Kept as long-running'), ('entry', 'New entry'), ('ask_extension', 'More time asked for'), ('grant_extension', 'More time given'), ('refuse_extension', 'More time refused'), ('remind', 'Reminded'), ('yellow', 'Yellow card'), ('red', 'Red card'), ('escalate', 'Handed up to the street'), ('hand_back', 'Handed back to the community'), ('return', 'Returned'), ('resolve', 'Resolved'), ('rework', 'Not solved, back to work'), ('close', 'Verified and closed'), ('give_up', 'Closed, not solved'), ('reopen', 'Reopened'), ('comment', 'Comment')], max_length=20, verbose_name='step'),
        ),
        migrations.AlterField(
            model_name='photo',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='calleddepartment',
            name='department',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='communities.department', verbose_name='department'),
        ),
        migrations.AddField(
            model_name='calleddepartment',
            name='matter',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='called', to='visits.matter', verbose_name='matter'),
        ),
        migrations.AddField(
            model_name='timelimit',
            name='category',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='visits.mattercategory', verbose_name='category'),
        ),
        migrations.AddConstraint(
            model_name='calleddepartment',
            constraint=models.UniqueConstraint(fields=('matter', 'department'), name='department_called_once'),
        ),
        migrations.AddConstraint(
            model_name='calleddepartment',
            constraint=models.UniqueConstraint(condition=models.Q(('is_lead', True)), fields=('matter',), name='called_one_lead'),
        ),
        migrations.AddConstraint(
            model_name='timelimit',
            constraint=models.UniqueConstraint(fields=('category', 'urgency'), name='time_limit_once', violation_error_message='This urgency has a time limit already.'),
        ),
        migrations.AddConstraint(
            model_name='timelimit',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 1)), name='time_limit_positive', violation_error_message='Give at least one day.'),
        ),
        # Going back, the column is there before `fill_clocks` fills it again.
        migrations.AlterField(
            model_name="matter",
            name="due_on",
            field=models.DateField(null=True, verbose_name="to be resolved by"),
        ),
    ]
