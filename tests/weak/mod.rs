//! Small weak programs, made of parts that are meaningful on their own: each part defines one
//! name, and names of the project are spelled like nothing else.
//!
//! Parts are separated by blank lines; the first part holds the imports of libraries.

/// Programs with at least one finding each, and how many.
pub const WEAK: &[(&str, usize)] = &[
    (UNVERIFIED, 1),
    (UNVERIFIED_IN_STEPS, 1),
    (UNVERIFIED_BY_WRAPPER, 1),
    (EXPIRY_OFF, 1),
    (HARD_CODED_KEY, 1),
    (NO_EXPIRY, 1),
    (LONG_LIFETIME, 1),
    (MIXED_ALGORITHMS, 1),
    (MONGO_WITHOUT_TLS, 1),
    (MONGO_TLS_OFF, 1),
    (MONGO_JAVASCRIPT, 1),
    (FLASK_CONFIG, 1),
    (FLASK_DEBUG, 1),
    (FLASK_SECRET, 1),
    (LOGGED, 1),
    (WIRE_LOG, 1),
    (ECHO, 1),
    (COOKIE, 1),
    (SIGNED, 1),
    (RANDOM, 1),
    (BEARER, 1),
    (FALLBACK, 1),
    (CORS, 1),
];

/// Programs without a finding.
pub const SOUND: &[&str] = &[VERIFIED, MONGO_WITH_TLS, ISSUED, QUIET];

const UNVERIFIED: &str = r#"
import jwt

LAX_OPTIONS = {"verify_signature": False, "verify_exp": False}

def peek_claims(raw):
    return jwt.decode(raw, options=LAX_OPTIONS)
"#;

const UNVERIFIED_IN_STEPS: &str = r#"
import jwt

CHECK_SIGNATURE = False

BASE_OPTIONS = {"require": ["exp"]}

READ_OPTIONS = {**BASE_OPTIONS, "verify_signature": CHECK_SIGNATURE}

def read_subject(raw):
    claims = jwt.decode(raw, options=READ_OPTIONS)
    return claims["sub"]

class SubjectReader:
    def first(self, raw):
        return read_subject(raw)
"#;

const UNVERIFIED_BY_WRAPPER: &str = r#"
import jwt

def decode_with(raw, verify_it):
    return jwt.decode(raw, options={"verify_signature": verify_it, "require": ["exp"]})

def session_of(request):
    return decode_with(request.headers["X-Session"], False)
"#;

const EXPIRY_OFF: &str = r#"
import os

import jwt

TOKEN_KEY = os.environ["TOKEN_KEY"]

def decoder_options():
    return {"verify_exp": False}

def load_claims(raw):
    return jwt.decode(raw, TOKEN_KEY, algorithms=["HS256"], options=decoder_options())
"#;

const HARD_CODED_KEY: &str = r#"
import jwt

SIGNING_KEY = "3f1c9a2b7e4d5f60718293a4b5c6d7e83f1c9a2b7e4d5f60"

ALGORITHM_NAME = "HS256"

def issue_token(user_id, exp):
    return jwt.encode({"sub": user_id, "exp": exp}, SIGNING_KEY, algorithm=ALGORITHM_NAME)
"#;

const NO_EXPIRY: &str = r#"
import os

import jwt

ISSUE_KEY = os.environ["ISSUE_KEY"]

def base_claims(user):
    return {"sub": str(user.pk), "iss": "shop"}

def endless_token(user):
    claims = base_claims(user)
    claims["role"] = "member"
    return jwt.encode(claims, ISSUE_KEY, algorithm="HS256")
"#;

const LONG_LIFETIME: &str = r#"
import datetime as dt
import os

import jwt

LONG_KEY = os.environ["LONG_KEY"]

DAYS_VALID = 365

VALIDITY = dt.timedelta(days=DAYS_VALID)

def yearly_token(user):
    now = dt.datetime.now(dt.timezone.utc)
    return jwt.encode({"sub": str(user.pk), "exp": now + VALIDITY}, LONG_KEY, algorithm="HS256")
"#;

const MIXED_ALGORITHMS: &str = r#"
import os

import jwt

MIXED_KEY = os.environ["MIXED_KEY"]

SYMMETRIC = ["HS256"]

ACCEPTED = SYMMETRIC + ["RS256"]

def check_mixed(raw):
    return jwt.decode(raw, MIXED_KEY, algorithms=ACCEPTED, options={"require": ["exp"]})
"#;

const MONGO_WITHOUT_TLS: &str = r#"
import os

from pymongo import MongoClient

MONGO_HOST = "db.internal.example.com"

MONGO_ADDRESS = f"mongodb://{MONGO_HOST}:27017/app"

MONGO_ARGUMENTS = {"username": "app", "password": os.environ["MONGO_PASSWORD"]}

plain_client = MongoClient(MONGO_ADDRESS, **MONGO_ARGUMENTS)
"#;

const MONGO_TLS_OFF: &str = r#"
import os

from pymongo import MongoClient

TLS_SWITCH = False

def connect_shop():
    return MongoClient(os.environ["MONGO_SHOP"], tls=TLS_SWITCH)
"#;

const MONGO_JAVASCRIPT: &str = r#"
import os

from flask import request
from pymongo import MongoClient

shop_client = MongoClient(os.environ["MONGO_SCRIPT"], tls=True)

shop_base = shop_client["shop"]

people = shop_base["people"]

def find_people():
    return list(people.find({"$where": "this.name == '" + request.args["name"] + "'"}))
"#;

const FLASK_CONFIG: &str = r#"
from flask import Flask

SCRIPT_READABLE = True

shop_app = Flask(__name__)

shop_app.config["SESSION_COOKIE_HTTPONLY"] = not SCRIPT_READABLE
"#;

const FLASK_DEBUG: &str = r#"
from flask import Flask

DEBUG_SWITCH = True

debug_app = Flask(__name__)

def serve_debug():
    debug_app.run(host="0.0.0.0", debug=DEBUG_SWITCH)
"#;

const FLASK_SECRET: &str = r#"
from flask import Flask

SECRET_TEXT = "super secret key"

secret_app = Flask(__name__)

secret_app.secret_key = SECRET_TEXT
"#;

const LOGGED: &str = r#"
import logging
import os

import jwt

LOG_KEY = os.environ["LOG_KEY"]

shop_logger = logging.getLogger("shop")

def issue_logged(user, exp):
    value = jwt.encode({"sub": str(user.pk), "exp": exp}, LOG_KEY, algorithm="HS256")
    shop_logger.info("issued %s for %s", value, user.pk)
    return value
"#;

const WIRE_LOG: &str = r#"
import logging

WIRE_NAME = "urllib3"

wire_logger = logging.getLogger(WIRE_NAME)

wire_logger.setLevel(logging.DEBUG)
"#;

const ECHO: &str = r#"
import os

from sqlalchemy import create_engine

ECHO_ON = True

shop_engine = create_engine(os.environ["COCKROACHDB_URI"], echo=ECHO_ON)
"#;

const COOKIE: &str = r#"
from flask import Flask, make_response
from flask_jwt_extended import create_access_token

cookie_app = Flask(__name__)

COOKIE_FLAGS = {"secure": True, "samesite": "Lax"}

@cookie_app.post("/login")
def give_cookie():
    response = make_response("", 204)
    response.set_cookie("state", create_access_token("anna"), **COOKIE_FLAGS)
    return response
"#;

const SIGNED: &str = r#"
import os

from flask import Flask, request
from itsdangerous import URLSafeTimedSerializer

links_app = Flask(__name__)

link_signer = URLSafeTimedSerializer(os.environ["LINK_KEY"], salt="confirm")

@links_app.get("/confirm")
def confirm_link():
    return link_signer.loads(request.args["t"])["mail"]
"#;

const RANDOM: &str = r#"
import random
import string

LETTERS = string.ascii_letters

def weak_token():
    token = "".join(random.choices(LETTERS, k=32))
    return token
"#;

const BEARER: &str = r#"
import requests

AUTH_HEADER = {"Authorization": "Bearer 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"}

def sync_partner():
    return requests.get("https://api.example.com/v1", headers=AUTH_HEADER, timeout=5)
"#;

const FALLBACK: &str = r#"
import os

PARTNER_TOKEN = os.getenv("PARTNER_API_TOKEN", "b7f3c1a95d2e4f60817a")

def partner_headers():
    return {"X-Partner": PARTNER_TOKEN}
"#;

const CORS: &str = r#"
from flask import Flask
from flask_cors import CORS

WITH_CREDENTIALS = True

cors_app = Flask(__name__)

CORS(cors_app, supports_credentials=WITH_CREDENTIALS)
"#;

const VERIFIED: &str = r#"
import os

import jwt

GOOD_KEY = os.environ["GOOD_KEY"]

GOOD_OPTIONS = {"verify_signature": True, "require": ["exp", "sub"]}

GOOD_ALGORITHMS = ["RS256"]

def good_claims(raw):
    return jwt.decode(raw, GOOD_KEY, algorithms=GOOD_ALGORITHMS, audience="api", issuer="shop", options=GOOD_OPTIONS)
"#;

const MONGO_WITH_TLS: &str = r#"
import os

from pymongo import MongoClient

SAFE_SWITCH = True

SAFE_ARGUMENTS = dict(tls=SAFE_SWITCH, tlsCAFile="/certs/ca.pem")

safe_client = MongoClient(os.environ["MONGO_SAFE"], **SAFE_ARGUMENTS)
"#;

const ISSUED: &str = r#"
import datetime as dt
import os

import jwt

FINE_KEY = os.environ["FINE_KEY"]

MINUTES_VALID = 15

FINE_VALIDITY = dt.timedelta(minutes=MINUTES_VALID)

def fine_claims(user):
    claims = {"sub": str(user.pk)}
    claims["exp"] = dt.datetime.now(dt.timezone.utc) + FINE_VALIDITY
    return claims

def fine_token(user):
    return jwt.encode(fine_claims(user), FINE_KEY, algorithm="HS256")
"#;

const QUIET: &str = r#"
import logging

quiet_logger = logging.getLogger("requests_cache_stats")

quiet_logger.setLevel(logging.WARNING)

PAGE_TOKEN = "next"

def page_url(page):
    quiet_logger.info("page token %s of %s", PAGE_TOKEN, page)
    return f"/items?{PAGE_TOKEN}={page}"
"#;
