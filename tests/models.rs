//! Which fields data classes have, construct by construct.

use tokscan::engine::with_project;
use tokscan::link::Cx;
use tokscan::rule::RuleSet;
use tokscan::source::FileTable;

/// Every field as `Class.name attribute=value …`, with the attributes asked for that are there.
fn fields(files: &[(&str, &str)], attributes: &[&str]) -> Vec<String> {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let table = FileTable::in_memory(files.iter().copied());
    with_project(&table, &rules, |target| {
        let cx = Cx::new(target.project);
        let shown = |field: &tokscan::project::Entity| {
            let mut text = field.value.as_str().unwrap_or_default().to_owned();
            for name in attributes {
                if let Some(value) = field.attributes.get(*name) {
                    text.push_str(&format!(" {name}={}", cx.show(value, false)));
                }
            }
            text
        };
        target.model.fields.iter().map(shown).collect()
    })
    .expect("it is linked")
}

/// The line of each field, as `Class.name:line`.
fn lines(files: &[(&str, &str)]) -> Vec<String> {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let table = FileTable::in_memory(files.iter().copied());
    with_project(&table, &rules, |target| {
        let line = |field: &tokscan::project::Entity| {
            let ((line, _), _) = table.line_col(field.loc);
            format!("{}:{line}", field.value.as_str().unwrap_or_default())
        };
        target.model.fields.iter().map(line).collect()
    })
    .expect("it is linked")
}

#[track_caller]
fn declares(text: &str, attributes: &[&str], expected: &[&str]) {
    assert_eq!(fields(&[("app/models.py", text)], attributes), expected);
}

#[test]
fn django_fields_and_what_is_none() {
    declares(
        "from django.db import models\n\
         class Key(models.Model):\n\
         \x20   LIMIT = 8\n\
         \x20   token = models.CharField('the token', max_length=LIMIT * 8, unique=True)\n\
         \x20   owner = models.ForeignKey('auth.User', on_delete=models.CASCADE, null=True)\n\
         \x20   made = models.DateTimeField(auto_now_add=True)\n\
         \x20   objects = models.Manager()\n\
         \x20   def __str__(self):\n\
         \x20       return 'key'\n",
        &["holds", "max_length", "unique", "null"],
        &[
            "Key.token holds=\"text\" max_length=64 unique=True null=False",
            "Key.owner holds=\"reference\" max_length=None unique=False null=True",
            "Key.made holds=\"time\" max_length=None unique=False null=False",
        ],
    );
}

#[test]
fn django_groups_speak_of_single_fields() {
    declares(
        "from django.db import models\n\
         class Key(models.Model):\n\
         \x20   token = models.TextField()\n\
         \x20   name = models.TextField()\n\
         \x20   site = models.IntegerField()\n\
         \x20   class Meta:\n\
         \x20       db_table = 'keys'\n\
         \x20       unique_together = ('name', 'site')\n\
         \x20       constraints = [models.UniqueConstraint(fields=['token'], name='uniq_token')]\n\
         \x20       indexes = [models.Index(fields=['-site'])]\n",
        &["unique", "index", "table"],
        &[
            "Key.token unique=True index=False table=\"keys\"",
            "Key.name unique=False index=False table=\"keys\"",
            "Key.site unique=False index=True table=\"keys\"",
        ],
    );
}

#[test]
fn own_field_classes() {
    let own = "from django.db import models\n\
         class Trimmed(models.CharField):\n\
         \x20   pass\n\
         class Sealed(models.TextField):\n\
         \x20   def get_prep_value(self, value):\n\
         \x20       return seal(value)\n\
         class Fixed(models.CharField):\n\
         \x20   def __init__(self, **kwargs):\n\
         \x20       kwargs['unique'] = True\n\
         \x20       super().__init__(**kwargs)\n";
    let models = "from app.own import Fixed, Sealed, Trimmed\n\
         from django.db import models\n\
         class Key(models.Model):\n\
         \x20   a = Trimmed(max_length=9)\n\
         \x20   b = Sealed()\n\
         \x20   c = Fixed(max_length=9)\n";
    let files = [("app/own.py", own), ("app/models.py", models)];
    let [a, b, c] = &fields(&files, &["type", "holds", "unique"])[..] else { panic!("three") };
    assert_eq!(a, "Key.a type=[\"Trimmed\", \"CharField\", \"Field\"] holds=\"text\" unique=False");
    // What is stored, and whether it is unique, is the project's own affair.
    assert!(b.contains("\"TextField\"") && !b.contains("holds=\"text\""), "{b}");
    assert!(c.contains("holds=\"text\"") && !c.contains("unique=False"), "{c}");
}

#[test]
fn encrypted_fields_of_libraries() {
    declares(
        "from django.db import models\n\
         from django_cryptography.fields import encrypt\n\
         from fernet_fields import EncryptedTextField\n\
         from elsewhere.fields import OddField\n\
         class Key(models.Model):\n\
         \x20   a = EncryptedTextField()\n\
         \x20   b = encrypt(models.CharField(max_length=9))\n\
         \x20   c = OddField()\n",
        &["holds"],
        &["Key.a holds=\"ciphertext\"", "Key.b holds=\"ciphertext\"", "Key.c holds=…"],
    );
}

#[test]
fn mixins_lend_their_fields_to_the_first_that_takes_them() {
    let files = [
        (
            "app/mixins.py",
            "from app.db import db\nclass Tokened:\n    token = db.Column(db.String(9))\n",
        ),
        ("app/db.py", "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"),
        (
            "app/models.py",
            "from app.db import db\nfrom app.mixins import Tokened\n\
             class A(Tokened, db.Model):\n    __tablename__ = 'a'\n    id = db.Column(db.Integer)\n\
             class B(Tokened, db.Model):\n    id = db.Column(db.Integer)\n",
        ),
    ];
    assert_eq!(fields(&files, &["table"]), ["A.token table=\"a\"", "A.id table=\"a\"", "B.id"]);
}

#[test]
fn sqlalchemy_columns() {
    declares(
        "from sqlalchemy import Column, ForeignKey, Index, Integer, String, UniqueConstraint\n\
         from sqlalchemy.orm import declarative_base, relationship\n\
         Base = declarative_base()\n\
         class Key(Base):\n\
         \x20   __tablename__ = 'keys'\n\
         \x20   __table_args__ = (UniqueConstraint('token'), Index('ix', 'name'), {'schema': 's'})\n\
         \x20   id = Column(Integer, primary_key=True)\n\
         \x20   token = Column('tok', String(64))\n\
         \x20   name = Column(String)\n\
         \x20   owner = Column(Integer, ForeignKey('users.id'))\n\
         \x20   user = relationship('User')\n",
        &["holds", "max_length", "unique", "index"],
        &[
            "Key.id holds=\"number\" unique=True index=False",
            "Key.token holds=\"text\" max_length=64 unique=True index=False",
            "Key.name holds=\"text\" unique=False index=True",
            "Key.owner holds=\"reference\" unique=False index=False",
        ],
    );
}

#[test]
fn sqlalchemy_annotations() {
    declares(
        "from __future__ import annotations\n\
         from typing import Optional\n\
         from sqlalchemy import ForeignKey\n\
         from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship\n\
         class Base(DeclarativeBase):\n\
         \x20   pass\n\
         class Key(Base):\n\
         \x20   id: Mapped[int] = mapped_column(primary_key=True)\n\
         \x20   token: Mapped[Optional[str]]\n\
         \x20   hint: Mapped['str'] = mapped_column(unique=True)\n\
         \x20   owner: Mapped[int] = mapped_column(ForeignKey('users.id'))\n\
         \x20   user: Mapped[User] = relationship(back_populates='keys')\n\
         \x20   note: str\n",
        &["holds", "unique"],
        &[
            "Key.id holds=\"number\" unique=True",
            "Key.token holds=\"text\" unique=False",
            "Key.hint holds=\"text\" unique=True",
            "Key.owner holds=\"reference\" unique=False",
        ],
    );
}

#[test]
fn sqlalchemy_type_decorators() {
    declares(
        "from sqlalchemy import Column, String, TypeDecorator\n\
         from sqlalchemy.orm import DeclarativeBase\n\
         class Sealed(TypeDecorator):\n\
         \x20   impl = String\n\
         \x20   def process_bind_param(self, value, dialect):\n\
         \x20       return seal(value)\n\
         class Plain(TypeDecorator):\n\
         \x20   impl = String\n\
         class Base(DeclarativeBase):\n\
         \x20   pass\n\
         class Key(Base):\n\
         \x20   a = Column(Sealed)\n\
         \x20   b = Column(Plain())\n",
        &["holds"],
        &["Key.a holds=…", "Key.b holds=\"text\""],
    );
}

#[test]
fn tables_without_a_class() {
    declares(
        "from sqlalchemy import Column, Integer, MetaData, String, Table\n\
         keys = Table('keys', MetaData(), Column('id', Integer, primary_key=True), Column('token', String(9)))\n",
        &["holds", "table"],
        &["keys.id holds=\"number\" table=\"keys\"", "keys.token holds=\"text\" table=\"keys\""],
    );
}

#[test]
fn bases_that_fall_back_or_are_generic_or_unknown() {
    declares(
        "try:\n    from sqlalchemy.orm import mapped_column\nexcept ImportError:\n    mapped_column = None\n\
         from elsewhere import AbstractThing\n\
         from rest_framework import serializers\n\
         from sqlalchemy import String\n\
         from sqlalchemy.orm import DeclarativeBase\n\
         from django.db import models\n\
         class Base(DeclarativeBase):\n    pass\n\
         class A(Base):\n    token = mapped_column(String(9))\n\
         class B(AbstractThing):\n    token = models.CharField(max_length=9)\n\
         class C(serializers.Serializer[int]):\n    token = serializers.CharField()\n",
        &["holds"],
        &["A.token holds=\"text\"", "B.token holds=\"text\"", "C.token holds=\"text\""],
    );
}

#[test]
fn mongo_documents() {
    declares(
        "from mongoengine import DateTimeField, Document, EmbeddedDocument, StringField, fields\n\
         class Part(EmbeddedDocument):\n\
         \x20   token = fields.StringField()\n\
         class Key(Document):\n\
         \x20   token = StringField(required=True)\n\
         \x20   ends = DateTimeField()\n\
         \x20   meta = {'collection': 'keys', 'indexes': ['#token', {'fields': ['ends'], 'expireAfterSeconds': 0}]}\n",
        &["holds", "index", "ttl", "table", "required"],
        &[
            "Part.token holds=\"text\" required=False",
            "Key.token holds=\"text\" index=True table=\"keys\" required=True",
            "Key.ends holds=\"time\" index=True ttl=0 table=\"keys\" required=False",
        ],
    );
}

const ACCOUNT: (&str, &str) = (
    "shop/models.py",
    "from django.db import models\n\
     class Account(models.Model):\n\
     \x20   name = models.CharField(max_length=9)\n\
     \x20   token = models.CharField(max_length=9)\n\
     \x20   made = models.DateTimeField(editable=False)\n",
);

#[track_caller]
fn lists(text: &str, expected: &[&str]) {
    let files = [ACCOUNT, ("shop/serializers.py", text)];
    let all = fields(&files, &["via", "model", "read_only", "write_only"]);
    let own = |field: &&String| !field.starts_with("Account.");
    assert_eq!(all.iter().filter(own).collect::<Vec<_>>(), expected);
}

#[test]
fn serializers_take_all_fields_or_all_but_some() {
    lists(
        "from rest_framework import serializers\nfrom shop.models import Account\n\
         class S(serializers.ModelSerializer):\n\
         \x20   name = serializers.CharField(read_only=True)\n\
         \x20   class Meta:\n\
         \x20       model = Account\n\
         \x20       fields = '__all__'\n\
         \x20       extra_kwargs = {'token': {'write_only': True}}\n",
        &[
            "S.name via=\"declared\" read_only=True write_only=False",
            "S.token via=\"fields\" model=Account read_only=False write_only=True",
            "S.made via=\"fields\" model=Account read_only=True write_only=False",
        ],
    );
    lists(
        "from rest_framework import serializers\nfrom shop.models import Account\n\
         class S(serializers.ModelSerializer):\n\
         \x20   class Meta:\n\
         \x20       model = Account\n\
         \x20       exclude = ['made']\n\
         \x20       read_only_fields = ['token']\n",
        &[
            "S.name via=\"exclude\" model=Account read_only=False write_only=False",
            "S.token via=\"exclude\" model=Account read_only=True write_only=False",
        ],
    );
}

#[test]
fn lists_are_followed_to_where_they_are_written() {
    let text = "from rest_framework import serializers\nfrom shop.models import Account\n\
         COMMON = (\n    'name',\n)\n\
         class Base(serializers.ModelSerializer):\n\
         \x20   class Meta:\n\
         \x20       model = Account\n\
         \x20       fields = COMMON + ('made',)\n\
         class S(Base):\n\
         \x20   class Meta(Base.Meta):\n\
         \x20       fields = COMMON + (\n\
         \x20           'made',\n\
         \x20           'token',\n\
         \x20       )\n";
    let files = [ACCOUNT, ("shop/serializers.py", text)];
    let own: Vec<String> =
        lines(&files).into_iter().filter(|field| !field.starts_with("Account.")).collect();
    assert_eq!(own, ["Base.name:4", "Base.made:9", "S.made:13", "S.token:14"]);
}

#[test]
fn the_model_of_users_is_a_setting() {
    let serializer = "from django.contrib.auth import get_user_model\n\
         from rest_framework import serializers\n\
         class S(serializers.ModelSerializer):\n\
         \x20   class Meta:\n\
         \x20       model = get_user_model()\n\
         \x20       fields = ['password', 'pin']\n";
    let models = "from django.contrib.auth.models import AbstractUser\nfrom django.db import models\n\
         class User(AbstractUser):\n    pin = models.CharField(max_length=4)\n";
    let other = "from django.db import models\nclass User(models.Model):\n    pin = models.IntegerField()\n";
    let settings = "ROOT_URLCONF = 'site.urls'\nINSTALLED_APPS = ['people']\nAUTH_USER_MODEL = 'people.User'\n";
    let files = [
        ("other/models.py", other),
        ("people/models.py", models),
        ("people/serializers.py", serializer),
        ("site/settings.py", settings),
    ];
    let all = fields(&files, &["holds"]);
    let own: Vec<&String> = all.iter().filter(|field| field.starts_with("S.")).collect();
    assert_eq!(own, ["S.password holds=\"digest\"", "S.pin holds=\"text\""]);
}

#[test]
fn marshmallow_schemas() {
    let models = "from sqlalchemy import Column, String\nfrom sqlalchemy.orm import declarative_base\n\
         Base = declarative_base()\n\
         class Key(Base):\n    name = Column(String)\n    token = Column(String)\n";
    let schemas = "from app.models import Key\nfrom marshmallow import Schema, fields\n\
         from marshmallow_sqlalchemy import SQLAlchemyAutoSchema\n\
         class A(SQLAlchemyAutoSchema):\n    class Meta:\n        model = Key\n        load_only = ('token',)\n\
         class B(Schema):\n    token = fields.Str(load_only=True)\n";
    let files = [("app/models.py", models), ("app/schemas.py", schemas)];
    let all = fields(&files, &["via", "write_only"]);
    let own: Vec<&String> = all.iter().filter(|field| !field.starts_with("Key.")).collect();
    assert_eq!(
        own,
        [
            "B.token via=\"declared\" write_only=True",
            "A.name via=\"model\" write_only=False",
            "A.token via=\"model\" write_only=True",
        ]
    );
}

#[test]
fn admin_pages_and_their_registration() {
    let text = "from django.contrib import admin\nfrom shop.models import Account\n\
         @admin.register(Account)\n\
         class A(admin.ModelAdmin):\n    list_display = ['token']\n\
         class B(admin.ModelAdmin):\n    search_fields = ('token',)\n\
         admin.site.register(Account, B)\n";
    lists(
        text,
        &[
            "A.token via=\"list_display\" model=Account read_only=False write_only=False",
            "B.token via=\"search_fields\" model=Account read_only=False write_only=False",
        ],
    );
}
