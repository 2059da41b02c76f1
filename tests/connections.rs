//! Connections to databases are one thing, whatever spells them.

use tokscan::engine;
use tokscan::facts::Const;
use tokscan::link::{Kind, Val};
use tokscan::project::Entity;
use tokscan::rule::RuleSet;
use tokscan::source::FileTable;

/// Asserts the connections of a project: `engine host=… port=… user=… sslmode=… tls=… serves=…`,
/// `?` for what is not known.
fn assert_connections(files: &[(&str, &str)], expected: &[&str]) {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let table = FileTable::in_memory(files.iter().map(|(path, text)| (*path, *text)));
    let found = engine::with_project(&table, &rules, |target| {
        target.model.connections.iter().map(shown).collect::<Vec<_>>()
    });
    assert_eq!(found.expect("threads start"), expected);
}

fn shown(connection: &Entity) -> String {
    let mut text = word(&connection.attribute("engine"));
    for name in ["host", "port", "user", "sslmode", "tls", "serves"] {
        let value = connection.attribute(name);
        if !matches!(value.kind, Kind::Absent)
            && !value.as_seq().is_some_and(|s| s.items.is_empty())
        {
            text.push_str(&format!(" {name}={}", word(&value)));
        }
    }
    text
}

fn word(value: &Val) -> String {
    match value.in_force().map(|v| &v.kind) {
        Some(Kind::Const(Const::Str(text))) => text.to_string(),
        Some(Kind::Const(Const::Int(number))) => number.to_string(),
        Some(Kind::Const(Const::Bool(flag))) => if *flag { "True" } else { "False" }.to_owned(),
        Some(Kind::Seq(seq)) => seq.items.iter().map(word).collect::<Vec<_>>().join(","),
        _ => "?".to_owned(),
    }
}

#[test]
fn django_databases_and_caches() {
    assert_connections(
        &[(
            "shop/settings.py",
            "import os\nROOT_URLCONF = 'shop.urls'\nSESSION_ENGINE = 'django.contrib.sessions.backends.db'\nDATABASES = {\n 'default': {'ENGINE': 'django_cockroachdb', 'HOST': os.environ['H'], 'USER': 'app', 'OPTIONS': {'sslmode': 'verify-full'}},\n 'old': {'ENGINE': 'django.db.backends.postgresql', 'HOST': 'pg.internal', 'PORT': '26257'},\n}\nCACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': 'rediss://r.internal:6380/1'}}\n",
        )],
        &[
            "cockroachdb host=? user=app sslmode=verify-full serves=models,sessions",
            "cockroachdb host=pg.internal port=26257 sslmode=prefer",
            "redis host=r.internal port=6380 tls=True serves=caches",
        ],
    );
}

#[test]
fn urls_and_what_stands_beside_them() {
    assert_connections(
        &[(
            "app.py",
            "from flask import Flask\nfrom sqlalchemy import create_engine\napp = Flask(__name__)\napp.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql+psycopg2://u:p@db.cockroachlabs.cloud/x?sslmode=require'\napp.config['SQLALCHEMY_ENGINE_OPTIONS'] = {'connect_args': {'sslmode': 'verify-full'}}\nengine = create_engine(app.config['SQLALCHEMY_DATABASE_URI'])\n",
        )],
        &["cockroachdb host=db.cockroachlabs.cloud user=u sslmode=verify-full serves=models"],
    );
}

#[test]
fn drivers_through_helpers_and_keywords() {
    assert_connections(
        &[
            (
                "db.py",
                "import psycopg\ndef connect(dsn, mode='prefer', **more):\n    return psycopg.connect(dsn, sslmode=mode, **more)\n",
            ),
            (
                "main.py",
                "import psycopg2\nfrom pymongo import MongoClient\nfrom db import connect\nown = connect('postgresql://app@crdb.internal/shop', 'require')\nlegacy = psycopg2.connect('host=roach1 port=26257 user=root')\nclient = MongoClient('mongo.internal', 27017, tlsCAFile='/ca.pem')\natlas = MongoClient('mongodb+srv://a:b@cluster0.example.net/x')\n",
            ),
        ],
        &[
            "cockroachdb host=crdb.internal user=app sslmode=require",
            "cockroachdb host=roach1 port=26257 user=root sslmode=prefer",
            "mongodb host=mongo.internal port=27017 tls=True",
            "mongodb host=cluster0.example.net user=a tls=True",
        ],
    );
}
