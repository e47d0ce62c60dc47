# django-oauth-toolkit with Django's own sign-in view: one user, one client. Prints the client when it is registered.
import json
import os
import subprocess

import django
from django.conf import settings
from django.core.management import call_command

port = os.environ["PORT"]

sign_in_page = """<!doctype html><title>Sign in</title><form method="post">{% csrf_token %}{{ form.as_p }}
<input type="hidden" name="next" value="{{ next }}"><button>Sign in</button></form>"""

generate_key = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
signing_key = subprocess.run(generate_key, check=True, capture_output=True, text=True).stdout

settings.configure(
    SECRET_KEY="a-key-of-the-providers-command",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "provider.db"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    LOGIN_URL="/sign-in/",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.middleware.common.CommonMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"sign-in.html": sign_in_page})]},
        }
    ],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": signing_key,
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
        "SCOPES": {"openid": "OpenID Connect", "profile": "Your name", "email": "Your e-mail address"},
    },
)
django.setup()

# Django lets its models be imported only after the setup.
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.urls import include, path
from oauth2_provider.models import Application
from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    def get_additional_claims(self, request):
        return {"name": request.user.get_full_name(), "email": request.user.email}


urlpatterns = [
    path("sign-in/", LoginView.as_view(template_name="sign-in.html")),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    User.objects.create_user("ada", "ada@example.com", "correct-horse", first_name="Ada", last_name="Lovelace")
    Application.objects.create(
        name="Foyer",
        client_id="foyer",
        client_secret="a-secret-of-the-providers-command",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        algorithm=Application.RS256_ALGORITHM,
        redirect_uris=os.environ["REDIRECT_URI"],
        skip_authorization=True,
    )
    client = {"clientId": "foyer", "clientSecret": "a-secret-of-the-providers-command"}
    print(json.dumps({"issuer": f"http://localhost:{port}/o", **client}, separators=(",", ":")), flush=True)
    call_command("runserver", f"localhost:{port}", use_reloader=False)
