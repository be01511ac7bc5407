"""Settings, all read from the environment; every default is safe for one machine.

`make run` writes `var/secrets.env` once. Any other start without secrets refuses,
unless DEBUG is asked for.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# Everything the program writes: database, uploads, secrets. Never in version control.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
environ.Env.read_env(DATA_DIR / "secrets.env")

DEBUG = env.bool("DEBUG", default=False)

# Names are looked up character by character; pypinyin's dictionary of phrases would take
# 44 MB of every process.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")


def secret(name: str) -> str:
    """Return a secret from the environment; only a debugging start may go without."""
    value = env.str(name, default="only-for-debugging-" + name.lower() if DEBUG else "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Start with `make run`, which writes {DATA_DIR}/secrets.env, "
            "or set it in the environment."
        )
    return value


SECRET_KEY = secret("SECRET_KEY")
# "id:secret,id:secret": the first encrypts, the rest still decrypt what they wrote.
FIELD_KEYS = secret("FIELD_KEYS")
# Never rotated without rebuilding the blind indexes made with it.
INDEX_KEY = secret("INDEX_KEY")

# HTTPS=true behind a TLS proxy; a trial on 127.0.0.1 has none.
HTTPS = env.bool("HTTPS", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "communities",
    "households",
    "visits",
    "gridmgmt.apps.GridmgmtConfig",
    "gridmgmt.apps.GridAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # The templates of Django's own widgets, for the form renderer below.
    "django.forms",
    "django_filters",
    "django_tasks",
    "django_tasks_db",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "gridmgmt.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "gridmgmt.middleware.PrivatePagesMiddleware",
    "gridmgmt.middleware.GridsChangeMiddleware",
    "gridmgmt.middleware.InitialPasswordMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "gridmgmt.urls"
WSGI_APPLICATION = "gridmgmt.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "gridmgmt.navigation.navigation",
            ],
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that reads before it writes otherwise meets busy errors.
    # FULL: an acknowledged visit survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            # Pages are read through mmap, which all processes share; each thread's own cache
            # holds little more than what a transaction changes.
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA mmap_size=268435456;"
            "PRAGMA cache_size=-8192;PRAGMA temp_store=MEMORY;PRAGMA journal_size_limit=67108864;"
        ),
    }
else:
    # Compiling a query costs half a second, ten times what the longest page's queries take.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
# Opening a connection costs more than most pages; on SQLite closing the last one also
# writes the whole log back into the file.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "communities.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "communities.authentication.AccountBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "name", "phone"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "communities.authentication.CharacterClassesValidator"},
    {"NAME": "communities.authentication.DemoPasswordValidator"},
]
PASSWORD_HASHERS = [
    "communities.authentication.LeanArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Locks the pair of account and address, so that nobody can lock a colleague out from elsewhere.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "communities.client_address.client_address"
# How many proxies of one's own stand in front; each appends to X-Forwarded-For.
PROXY_COUNT = env.int("PROXY_COUNT", default=1 if HTTPS else 0)

SESSION_ENGINE = "gridmgmt.sessions"
SESSION_COOKIE_AGE = env.int("SESSION_SECONDS", default=12 * 3600)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_FAILURE_VIEW = "gridmgmt.views.csrf_failure"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Tiles under the maps: https://tiles.example/{z}/{x}/{y}.png. Off by default, for whoever serves
# them learns which places are looked at. Map services in China draw in gcj02.
MAP_TILES = env.str("MAP_TILES", default="")
MAP_TILES_ATTRIBUTION = env.str("MAP_TILES_ATTRIBUTION", default="")
MAP_TILES_DATUM = env.str("MAP_TILES_DATUM", default="wgs84")
TILE_HOSTS = ["{0.scheme}://{0.netloc}".format(urlsplit(MAP_TILES))] if MAP_TILES else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", *TILE_HOSTS],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "gridmgmt.static_files.StaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# False takes the service worker of every phone away within a day: docs/reliability.md.
SERVICE_WORKER = env.bool("SERVICE_WORKER", default=True)

FORM_RENDERER = "gridmgmt.forms.FormRenderer"
# Picking single doors for a grid sends one field for each door.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_PERMISSIONS = 0o600

TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default"],
    }
}

DEFAULT_EXCEPTION_REPORTER_FILTER = "gridmgmt.logs.NoDataReporterFilter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "gridmgmt.logs.PlainFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # Without Django's own handlers, which would mail whole requests.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}

# For the daily e-mails that people ask for: smtp+tls://user:password@host:587. Without it none
# is sent. The address of this site stands in them as a link.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="grid@localhost")
SITE_URL = env.str("SITE_URL", default="").rstrip("/")
