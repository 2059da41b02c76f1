use crate::facts::ir::{Const, FnId, SecretLit, SecretShape, Term};
use crate::facts::{facts_of, looks_secret, url_password};

#[test]
fn credentials() {
    use SecretShape::{Hex, Jwt, PrivateKey, Random};
    let key = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
        "MIIEowIBAAKCAQEAzQ3vU7f9kq0x8Zb1".repeat(3)
    );
    let cases = [
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXk", Jwt, ""),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", Jwt, ""),
        ("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", Jwt, "Bearer "),
        (key.as_str(), PrivateKey, ""),
        ("9f86d081884c7d659a2feaa0c55ad015", Hex, ""),
        ("0x9F86D081884C7D659A2FEAA0C55AD015", Hex, ""),
        ("key-9f86d081884c7d659a2feaa0c55ad015", Hex, "key-"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzz7aLMQ2x", Random, ""),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", Random, "sk_live_"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", Hex, "ghp_"),
        ("github_pat_11BKWQZRY0aZx9Qk7LmW3vTr5Yb2Nc8", Random, "github_pat_"),
        ("xoxb-2401931532-ZqW8rKx1vLmT5yNcP0bHd7Gs", Random, "xoxb-"),
        (
            "django-insecure-7w!x0z9k%3v(f1m^q2b&r8t@y5u*h6j-p4d_c=e+n$a0s9k2l",
            Random,
            "django-insecure-",
        ),
        ("8h2k^w!5z&x9(v3n@q7m$b1c%r4t*y6u-j0p_d=f+g#s2l8a1e", Random, ""),
        ("MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs", Random, ""),
        ("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", Random, ""),
        ("gT7#xQ2!vB9@kLm4$Zp8", Random, ""),
        ("p8Zq3xW7kT1vN5bR9mYd", Random, ""),
    ];
    for (text, shape, prefix) in cases {
        assert_eq!(looks_secret(text), Some(shape), "{text}");
        let secret = literal(&format!("x = {text:?}"));
        assert_eq!((secret.shape, &*secret.prefix), (shape, prefix), "{text}");
        assert_eq!(secret.length as usize, text.len());
    }
}

fn literal(source: &str) -> SecretLit {
    let facts = facts_of(source);
    let secret = facts.fns[FnId(0)].terms.iter().find_map(|term| match term {
        Term::Secret(secret) => Some(secret.clone()),
        _ => None,
    });
    secret.unwrap_or_else(|| panic!("no secret in {source}"))
}

#[test]
fn look_alikes() {
    let cases = [
        "",
        "password",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "/var/lib/postgresql/15/main/base",
        "static/js/main.3f2a9c81d4e5.js",
        "https://example.com/a/b/9f86d081884c7d659a2feaa0",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "get_user_by_email_or_username",
        "some-long-kebab-case-identifier-2",
        "someLongCamelCaseIdentifierName2",
        "SOME_LONG_CONSTANT_NAME_V2_FOR_TESTS",
        "^(?P<year>[0-9]{4})/(?P<slug>[-a-zA-Z0-9_]+)/$",
        "%(asctime)s %(levelname)s %(message)s",
        "%Y-%m-%dT%H:%M:%S.%fZ%z",
        "2024-01-01T00:00:00.000000Z",
        "background:#fff;color:#123456;margin:0",
        "<div class='a'>hello</div><br/>",
        "SELECT * FROM users WHERE id = %s",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "0123456789abcdef0123456789abcdef",
        "00000000000000000000000000000000",
        "12345678901234567890123456789012",
        "deadbeefdeadbeefdeadbeefdeadbeef",
        "123e4567-e89b-12d3-a456-426614174000",
        "This is a sentence with several words.",
        "django-insecure-change-me-in-production",
        "your-secret-key-here-please-change",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "-----BEGIN RSA PRIVATE KEY-----",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "user.profile.address.street2.name",
        "test_oauth2_client_credentials_grant",
        "rest_framework_simplejwt.token_blacklist",
        "0.0.0.0:8000,127.0.0.1:8000",
        "aaaaaaaaaabbbbbbbbbbcccccccccc",
        "LZMA-SDK-9.11-to-9.20",
        "AAAAB3NzaC1yc2EAAAABIwAAAQEAq2A7hRGmdnm9tUDbO9IDSwBK6TbQa",
    ];
    for text in cases {
        assert_eq!(looks_secret(text), None, "{text}");
    }
}

#[test]
fn the_text_of_a_secret_is_nowhere_in_facts() {
    let secret = "p8Zq3xW7kT1vN5bR9mYd";
    let facts = facts_of(&format!("x = {secret:?}\ny = b'{secret}'\nz = f'{secret}{{x}}'\n"));
    let packed = postcard::to_stdvec(&facts).unwrap();
    assert!(!packed.windows(8).any(|part| part == &secret.as_bytes()[..8]));
    let bytes = facts.fns[FnId(0)]
        .terms
        .iter()
        .filter(|term| matches!(term, Term::Secret(secret) if secret.bytes));
    assert_eq!(bytes.count(), 1);
}

#[test]
fn passwords_in_urls() {
    let cases = [
        ("postgres://user:hunter2@host/db", Some("hunter2")),
        ("redis://:s3cret@localhost:6379/0", Some("s3cret")),
        ("mongodb+srv://u:p%40ss@h/?a=b", Some("p%40ss")),
        ("see amqp://u:a@h and amqp://u:b@h", Some("a")),
        ("postgres://user@host/db", None),
        ("postgres://user:@host/db", None),
        ("postgres://user:{password}@host", None),
        ("postgres://user:%s@host", None),
        ("postgres://user:%(password)s@host", None),
        ("postgres://user:${PASSWORD}@host", None),
        ("postgres://user:<password>@host", None),
        ("postgres://user:****@host", None),
        ("http://host:80/a@b", None),
        ("://a:b@c", None),
    ];
    for (text, expected) in cases {
        assert_eq!(url_password(text).map(|range| &text[range]), expected, "{text}");
    }
}

fn first_text(source: &str) -> String {
    let facts = facts_of(source);
    let text = facts.fns[FnId(0)].terms.iter().find_map(|term| match term {
        Term::Const(Const::Str(text)) => Some(text.to_string()),
        _ => None,
    });
    text.expect("a text")
}

#[test]
fn passwords_in_urls_are_masked() {
    let cases = [
        ("'postgres://user:hunter2@host/db'", "postgres://user:*******@host/db"),
        ("'a://u:x@h b://u:yz@h'", "a://u:*@h b://u:**@h"),
        ("f'postgres://user:hunter2@{host}/db'", "postgres://user:*******@"),
        ("f'postgres://{user}:hunter2@{host}/db'", "postgres://"),
        ("f'postgres://user:{p}@{host}/db'", "postgres://user:"),
    ];
    for (source, expected) in cases {
        assert_eq!(first_text(&format!("x = {source}")), expected, "{source}");
    }
    let split = super::exported("x = f'postgres://{user}:hunter2@{host}/db'", "x");
    assert_eq!(split, "concat(\"postgres://\", user, \":*******@\", host, \"/db\")");
}

/// How many of 1,000 random texts are taken for secrets, in percent.
fn recall(alphabet: &str, length: usize) -> usize {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize
    };
    let mut found = 0;
    for _ in 0..1_000 {
        let text: String = (0..length).map(|_| alphabet[next() % alphabet.len()]).collect();
        found += usize::from(looks_secret(&text).is_some());
    }
    found / 10
}

#[test]
fn most_random_texts_are_secrets() {
    let letters = "abcdefghijklmnopqrstuvwxyz";
    let upper = letters.to_uppercase();
    let mixed = format!("{letters}{upper}0123456789");
    let cases = [
        ("0123456789abcdef".to_owned(), 32, 99),
        ("0123456789abcdef".to_owned(), 64, 99),
        (format!("{letters}0123456789!@#$%^&*(-_=+)"), 50, 98),
        (mixed.clone(), 24, 85),
        (mixed.clone(), 32, 90),
        (format!("{mixed}-_"), 43, 93),
        (format!("{mixed}+/"), 40, 93),
        (format!("{mixed}!@#$%^&*"), 24, 85),
        (format!("{letters}0123456789"), 32, 85),
    ];
    for (alphabet, length, least) in cases {
        let found = recall(&alphabet, length);
        assert!(found >= least, "{alphabet} {length}: {found} %");
    }
}
