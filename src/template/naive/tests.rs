//! The engine beside its twin, over real lines, over lines made by chance, and over what damage makes of both.

use super::super::generated::{Dice, damage, line};
use super::super::{Template, apache, builtin, cloudfront, envoy, fixed, haproxy, nginx, traefik};
use super::*;
use crate::format::Format;
use crate::record::{Spans, Value};
use crate::schema::FieldSet;

/// Lines for each format.
const LINES: usize = 100_000;

/// Real lines, one of each kind that is hard.
const NGINX: &[&str] = &[
    r#"127.0.0.1 - - [22/Nov/2026:07:12:27 +0000] "GET / HTTP/1.1" 200 6 "-" "lab/1.0""#,
    r#"127.0.0.1 - a \x22b] [c\x5C [22/Nov/2026:07:12:27 +0000] "GET /auth HTTP/1.1" 401 179 "-" "lab/1.0""#,
    r#"127.0.0.1 - - [22/Nov/2026:07:12:27 +0000] "" 400 0 "-" "-""#,
    r#"::1 - - [22/Nov/2026:07:12:27 +0000] "GET / HTTP/1.1" 009 22 "" "x\x22 500 0 \x22-\x22""#,
];
const INGRESS: &[&str] = &[
    r#"127.0.0.1 - - [22/Nov/2026:07:32:52 +0000] "GET /w HTTP/1.1" 200 6 "-" "l" 76 0.004 [default-web-80] [] 127.0.0.1:19001 6 0.004 200 2018"#,
    r#"127.0.0.1 - - [22/Nov/2026:07:32:52 +0000] "GET /w HTTP/1.1" 200 6 "-" "l" 76 0.004 [default-web-80] [c-80] 127.0.0.1:3, 127.0.0.1:2 0, 6 0.000, 0.001 502, 200 abc def \x22x\x22"#,
    r#"127.0.0.1 - - [22/Nov/2026:07:32:52 +0000] "GET /w HTTP/1.1" 200 6 "-" "l" 76 0.004 [upstream-default-backend] [] 127.0.0.1:1 : 127.0.0.1:2 0 : 6 0.002 : 0.001 503 : 200 185c"#,
    r#"127.0.0.1 - - [22/Nov/2026:07:32:52 +0000] "GET /w HTTP/1.1" 502 6 "-" "l" 76 0.004 [] [] 127.0.0.1:1 :  0 :  0.001 :  200 :  185c"#,
    r#"127.0.0.1 - - [22/Nov/2026:07:32:52 +0000] "\x16\x03" 400 157 "-" "-" 0 0.000 [] [] - - - - 2de8"#,
];

pub(in crate::template) type Make = fn() -> Pattern;

/// The formats that the twin reads, by what they are made from.
pub(in crate::template) const FORMATS: &[(&str, Make)] = &[
    ("nginx-combined", || nginx::parse(builtin::NGINX_COMBINED).unwrap()),
    ("nginx-main", || nginx::parse(builtin::NGINX_MAIN).unwrap()),
    ("nginx-upstream", || nginx::parse(builtin::NGINX_UPSTREAM).unwrap()),
    ("nginx-common", || nginx::parse(builtin::NGINX_COMMON).unwrap()),
    ("nginx-vhost", || nginx::parse(builtin::NGINX_VHOST).unwrap()),
    ("nginx-forwarded", || nginx::parse(builtin::NGINX_FORWARDED).unwrap()),
    ("nginx-proxy-manager", || nginx::parse(builtin::NGINX_PROXY_MANAGER).unwrap()),
    ("npmplus", || nginx::parse(builtin::NPMPLUS).unwrap()),
    ("ingress-nginx", || nginx::parse(builtin::INGRESS_NGINX).unwrap()),
    ("ingress-nginx-real-ip", || nginx::parse(builtin::INGRESS_NGINX_REAL_IP).unwrap()),
    ("ingress-nginx-no-id", || nginx::parse(builtin::INGRESS_NGINX_NO_ID).unwrap()),
    ("envoy", || envoy::parse(builtin::ENVOY_DEFAULT).unwrap()),
    ("istio", || envoy::parse(builtin::ISTIO).unwrap()),
    ("haproxy-http", || haproxy::parse(builtin::HAPROXY_HTTP).unwrap()),
    ("haproxy-https", || haproxy::parse(builtin::HAPROXY_HTTPS).unwrap()),
    ("haproxy-tcp", || haproxy::parse(builtin::HAPROXY_TCP).unwrap()),
    ("haproxy-clf", || haproxy::parse(builtin::HAPROXY_CLF).unwrap()),
    ("apache-common", || apache::parse(builtin::APACHE_COMMON).unwrap()),
    ("apache-combined", || apache::parse(builtin::APACHE_COMBINED).unwrap()),
    ("apache-vhost", || apache::parse(builtin::APACHE_VHOST).unwrap()),
    ("apache-ssl-request", || apache::parse(builtin::APACHE_SSL_REQUEST).unwrap()),
    ("alb", fixed::alb),
    ("elb", fixed::elb),
    ("nlb", fixed::nlb),
    ("cloudfront", || cloudfront::parse("", b'\t').unwrap()),
    ("traefik", traefik::clf),
];

/// What the engine makes of a line: the place of each column, or none where it refuses the line.
fn engine(template: &Template, line: &[u8], spans: &mut Spans) -> Option<Columns> {
    let columns = template.schema().columns().len();
    template.program.parse(line, spans.reset(columns), true).ok()?;
    let place = |value: &[u8]| {
        let start = value.as_ptr() as usize - line.as_ptr() as usize;
        (start, start + value.len())
    };
    Some(spans.columns.iter().map(|span| span.of(line).map(place)).collect())
}

/// Both read the line in the same way; whether they read it at all.
fn agree(template: &Template, line: &[u8], spans: &mut Spans) -> bool {
    let ours = engine(template, line, spans);
    let shown = || format!("{}: {}", template.pattern.print(), line.escape_ascii());
    match read(&template.pattern, line) {
        Reading::Ambiguous => false,
        Reading::Refused => {
            assert_eq!(ours, None, "only the engine reads {}", shown());
            false
        }
        Reading::Fits(columns) => {
            assert!(ours.is_some(), "only the twin reads {}", shown());
            if ours.as_ref() != Some(&columns) {
                let text = |columns: &Columns| -> Vec<_> {
                    columns
                        .iter()
                        .map(|c| c.map(|(from, to)| line[from..to].escape_ascii().to_string()))
                        .collect()
                };
                assert_eq!(ours.as_ref().map(text), Some(text(&columns)), "{}", shown());
            }
            true
        }
    }
}

/// Every `of`th of the formats: tests run beside each other.
fn over_lines_by_chance(share: usize, of: usize) {
    for (name, make) in FORMATS.iter().skip(share).step_by(of) {
        let template = Template::new(name, make()).strict(true);
        let mut dice = Dice(7);
        let mut spans = Spans::new();
        let mut fitted = 0;
        for round in 0..LINES {
            let (mut bytes, places) = line(&template.pattern, &mut dice);
            if round % 8 == 0 {
                let expected: Columns = places.into_iter().map(Some).collect();
                let read = engine(&template, &bytes, &mut spans);
                assert_eq!(read, Some(expected), "{name}: {}", bytes.escape_ascii());
            } else {
                damage(&mut bytes, &mut dice);
            }
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                fitted += usize::from(agree(&template, &bytes, &mut spans));
            }
        }
        assert!(fitted > LINES / 3, "{name}: too few lines fit to say anything: {fitted}");
    }
}

#[test]
fn lines_by_chance_1() {
    over_lines_by_chance(0, 4);
}

#[test]
fn lines_by_chance_2() {
    over_lines_by_chance(1, 4);
}

#[test]
fn lines_by_chance_3() {
    over_lines_by_chance(2, 4);
}

#[test]
fn lines_by_chance_4() {
    over_lines_by_chance(3, 4);
}

#[test]
fn real_lines_and_what_damage_makes_of_them() {
    for (text, lines) in [(builtin::NGINX_COMBINED, NGINX), (builtin::INGRESS_NGINX, INGRESS)] {
        let template = Template::nginx(text).unwrap().strict(true);
        let mut dice = Dice(7);
        let mut spans = Spans::new();
        for line in lines {
            assert!(agree(&template, line.as_bytes(), &mut spans), "a real line is refused: {line}");
        }
        for round in 0..20_000 {
            let mut bytes = lines[round % lines.len()].as_bytes().to_vec();
            damage(&mut bytes, &mut dice);
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                agree(&template, &bytes, &mut spans);
            }
        }
    }
}

/// A scanner that was asked for some columns accepts what the twin accepts, with the same values.
#[test]
fn projections_read_as_the_twin() {
    const WANTED: [Field; 7] = [
        Field::Time,
        Field::Status,
        Field::Client,
        Field::Upstream,
        Field::UpstreamAddr,
        Field::UpstreamStatus,
        Field::Duration,
    ];
    for (text, lines) in [(builtin::NGINX_COMBINED, NGINX), (builtin::INGRESS_NGINX, INGRESS)] {
        let template = Template::nginx(text).unwrap();
        let mut scanner = template.scanner(FieldSet::of(&WANTED));
        let mut dice = Dice(11);
        // Blocks of several lines: the fast path indexes whole blocks.
        for _ in 0..1_000 {
            let block: Vec<Vec<u8>> =
                (0..8).map(|_| damaged(lines[dice.below(lines.len())], &mut dice)).collect();
            let mut expected = block.iter().map(|line| (line, read(&template.pattern, line)));
            scanner.scan(&block.join(&b'\n'), &mut |line, _, result| {
                let (original, reading) = expected.next().expect("as many lines as were given");
                let shown = String::from_utf8_lossy(original);
                let Reading::Fits(columns) = reading else { return };
                let Ok(crate::format::Line::Access(record)) = result else {
                    panic!("only the twin reads: {shown}: {result:?}")
                };
                assert_eq!(line, original);
                // A broken stamp has no right reading; what looks like one further on may be taken.
                let stamp = template.schema().slot(Field::Time).and_then(|slot| columns[slot]);
                if stamp.is_none_or(|(from, to)| TimeLayout::Clf.parse(&original[from..to], 0).is_none()) {
                    return;
                }
                for field in WANTED {
                    let Some(slot) = template.schema().slot(field) else { continue };
                    let value = columns[slot].map(|(from, to)| &original[from..to]);
                    assert_eq!(record.column(slot).map(Value::raw), value, "{field:?} of {shown}");
                }
            });
        }
    }
}

/// The one line of a file that a syslog frame stands before: its words are no columns, whatever is asked for.
#[test]
fn a_frame_among_lines_without_one_is_no_column() {
    const ELB: &str = r#"2026-11-22T07:12:27.943946Z lb 127.0.0.1:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://shop.example:80/ HTTP/1.1" "lab/1.0" - -"#;
    let vhost = format!("shop.example {}", NGINX[0]);
    let cases = [
        (Template::nginx(builtin::NGINX_COMBINED).unwrap(), NGINX[0]),
        (Template::nginx(builtin::NGINX_VHOST).unwrap(), &vhost),
        (Template::elb(), ELB),
    ];
    for (template, line) in cases {
        let framed = format!("Nov 22 07:18:29 lb nginx[1]: {line}");
        let block = [line, &framed, line].join("\n");
        for wanted in [&[Field::Client][..], &[Field::Client, Field::Status, Field::UpstreamAddr]] {
            let mut clients = Vec::new();
            template.scanner(FieldSet::of(wanted)).scan(block.as_bytes(), &mut |_, _, result| {
                let Ok(crate::format::Line::Access(record)) = result else { panic!("{result:?}") };
                assert!(wanted.len() == 1 || record.status() == crate::Status::parse(b"200"));
                clients.push(record.client().map(|found| String::from_utf8_lossy(found.raw()).into_owned()));
            });
            assert_eq!(clients, vec![Some("127.0.0.1".to_owned()); 3], "{}", template.name());
        }
    }
}

fn damaged(line: &str, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = line.as_bytes().to_vec();
    damage(&mut bytes, dice);
    bytes
}
