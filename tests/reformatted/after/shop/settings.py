import os

SECRET_KEY = "unsafe-key-for-tests-only-0123456789"
DEBUG = True
ALLOWED_HOSTS = ["shop.example"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.contenttypes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "shop.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "shop",
        "PASSWORD": "hunter2",
        "HOST": "db.internal",
        "OPTIONS": {"sslmode": "disable"},
    }
}
SESSION_COOKIE_SECURE = False
SESSION_COOKIE_HTTPONLY = False
MONGO_URI = (
    "mongodb://shop:"
    + os.environ.get("MONGO_PASSWORD", "s3cret")
    + "@mongo.internal/shop?tls=false"
)
