//! Lines that stand in access logs and are no access records: told apart only after a line did not fit.

use super::search::find_text_from;
use crate::format::Other;
use crate::record::Record;
use crate::schema::{Field, Product};

/// What a line that does not fit the format is, if it is something known.
#[cold]
pub(crate) fn classify(product: Product, line: &[u8]) -> Option<Other> {
    if line.first() == Some(&b'#') {
        return Some(Other::Header);
    }
    let starts = |prefixes: &[&[u8]]| prefixes.iter().any(|p| line.starts_with(p));
    match product {
        _ if is_nginx_error(line) || is_levelled(line) || is_logfmt(line) => Some(Other::ErrorLog),
        Product::Apache if is_apache_error(line) => Some(Other::ErrorLog),
        Product::Alb | Product::Elb | Product::Nlb if starts(&[b"Enable AccessLog for ELB"]) => {
            Some(Other::Event)
        }
        Product::Alb | Product::Elb | Product::Nlb if is_alb_connection(line) => Some(Other::Connection),
        Product::Haproxy if starts(&[b"Connect from "]) || is_haproxy_connection(line) => {
            Some(Other::Connection)
        }
        Product::Haproxy
            if starts(&[
                b"Health check for ",
                b"Server ",
                b"Backup Server ",
                b"backend ",
                b"Backend ",
                b"Proxy ",
            ]) || starts(&[
                b"Stopping ",
                b"Starting ",
                b"Pausing ",
                b"Enabling ",
                b"Disabling ",
                b"Weights of ",
            ]) =>
        {
            Some(Other::Event)
        }
        _ => None,
    }
}

/// `2026/11/22 07:12:27 [error] 123#0: …`
fn is_nginx_error(line: &[u8]) -> bool {
    follows(line, b"0000/00/00 00:00:00 [").is_some_and(starts_with_level)
}

/// `2026-11-22 07:12:27.774649 [NOTICE] …`, with a `T`, a comma or a zone as well: the log of many a server.
fn is_levelled(line: &[u8]) -> bool {
    let Some(rest) = follows(line, b"0000-00-00 00:00:00").or_else(|| follows(line, b"0000-00-00T00:00:00"))
    else {
        return false;
    };
    let stamp =
        rest.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'Z' | b'+' | b':'));
    let rest = rest.get(stamp.count()..).unwrap_or_default();
    let rest = rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"\t")).unwrap_or_default();
    starts_with_level(rest.strip_prefix(b"[").unwrap_or(rest))
}

/// `time="2026-11-22T07:12:27Z" level=debug msg="…"`: Traefik's own log, and that of other programs in Go.
fn is_logfmt(line: &[u8]) -> bool {
    line.starts_with(b"time=\"") && find_text_from(line, 0, b" level=").is_some_and(|at| at < 64)
}

/// What comes after the `pattern` that the line begins with; a `0` of the pattern is any digit.
fn follows<'a>(line: &'a [u8], pattern: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(pattern.len())?;
    let fits = |(&b, &p): (&u8, &u8)| if p == b'0' { b.is_ascii_digit() } else { b == p };
    start.iter().zip(pattern).all(fits).then_some(rest)
}

/// `error] …`, `WARN …`, `Info: …`.
fn starts_with_level(text: &[u8]) -> bool {
    const LEVELS: [&[u8]; 14] = [
        b"trace",
        b"debug",
        b"info",
        b"notice",
        b"warn",
        b"warning",
        b"error",
        b"err",
        b"crit",
        b"critical",
        b"alert",
        b"emerg",
        b"fatal",
        b"panic",
    ];
    let word = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    text.get(..word).is_some_and(|word| LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level)))
}

/// `[Sun Nov 22 07:23:10.123456 2026] [proxy:error] …`
fn is_apache_error(line: &[u8]) -> bool {
    line.first() == Some(&b'[')
        && line.get(1..4).is_some_and(|d| d.iter().all(u8::is_ascii_alphabetic))
        && find_text_from(line, 0, b"] [").is_some()
}

/// `2026-11-22T07:08:40.123456Z 192.0.2.1 36280 443 TLSv1.3 …`: ALB's log of connections.
fn is_alb_connection(line: &[u8]) -> bool {
    let is_number = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    let mut words = line.split(|&b| b == b' ').skip(2);
    follows(line, b"0000-00-00T00:00:00.").is_some()
        && words.next().is_some_and(is_number)
        && words.next().is_some_and(is_number)
}

/// `127.0.0.1:4242 [22/Nov/2026:07:18:29.754] fe/1: SSL handshake failure`: a connection that never became a request.
fn is_haproxy_connection(line: &[u8]) -> bool {
    let Some(after) = find_text_from(line, 0, b"] ").map(|p| &line[p + 2..]) else { return false };
    let mut words = after.split(|&b| b == b' ');
    let frontend = words.next().unwrap_or_default();
    // The manual's `error-log-format` for HTTPS: two counters, then `fc_err/ssl_fc_err/…` with 16 digits of hex.
    let counters = words.next().unwrap_or_default();
    let is_counter = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let handshake = counters.split(|&b| b == b'/').count() == 2
        && counters.split(|&b| b == b'/').all(is_counter)
        && words
            .next()
            .and_then(|codes| codes.split(|&b| b == b'/').nth(1))
            .is_some_and(|hex| hex.len() == 16);
    (frontend.last() == Some(&b':') && frontend.contains(&b'/')) || handshake
}

/// Whether a record that fits is no finished request.
pub(crate) fn unfinished(record: &Record<'_>) -> Option<Other> {
    if record.schema().product() != Product::Envoy || record.raw(Field::Status) != Some(b"0") {
        return None;
    }
    if record.schema().has(Field::Method)
        && record.raw(Field::Method).is_none()
        && record.raw(Field::Protocol).is_none()
    {
        return Some(Other::Connection);
    }
    let silent = |field| record.schema().has(field) && record.raw(field).is_none();
    let detailed = record.raw(Field::Details).is_some();
    (silent(Field::Reason) && !detailed).then_some(Other::NotFinal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as the servers write them, and such as come close.
    #[test]
    fn lines_that_are_no_access() {
        use Product::{Alb, Apache, Elb, Haproxy, Nginx, Nlb};
        let error = Some(Other::ErrorLog);
        let (event, connection) = (Some(Other::Event), Some(Other::Connection));
        let cases: &[(Product, &str, Option<Other>)] = &[
            (Nginx, "#Fields: a b", Some(Other::Header)),
            (Nginx, "2026/11/22 07:12:27 [error] 123#0: *1 upstream timed out", error),
            (Nginx, "2026/11/22 07:12:27 [12] GET /", None),
            (Nginx, "2026-11-22 07:12:27 ERROR out of memory", error),
            (Nginx, "2026-11-22 07:12:27.774649 [NOTICE] hello", error),
            (Nginx, "2026-11-22T07:12:27,774+00:00\twarn: x", error),
            (Nginx, "2026-11-22T07:12:27Z info x", error),
            (Nginx, "2026-11-22T07:12:27Zinfo x", None),
            (Nginx, "2026-11-22T07:12:27Z GET /", None),
            (Nginx, "time=\"2026-11-22T07:12:27Z\" level=debug msg=\"x\"", error),
            (Nginx, "time=\"2026-11-22T07:12:27Z\" msg=\"x\"", None),
            (Nginx, "msg=\"x\" level=debug", None),
            (Apache, "[Sun Nov 22 07:23:10.123456 2026] [proxy:error] [pid 7] x", error),
            (Apache, "[22/Nov/2026:07:23:10 +0000] [a] GET /", None),
            (Apache, "[Sun Nov 22 07:23:10 2026] GET /", None),
            (Apache, "(Sun Nov 22 07:23:10 2026] [a] GET /", None),
            (Nginx, "[Sun Nov 22 07:23:10.123456 2026] [proxy:error] [pid 7] x", None),
            (Alb, "Enable AccessLog for ELB: app/x at 2026-11-22T07:00:00Z", event),
            (Elb, "Enable AccessLog for ELB: app/x at 2026-11-22T07:00:00Z", event),
            (Nlb, "2026-11-22T07:08:40.123456Z 192.0.2.1 36280 443 TLSv1.3 x", connection),
            (Alb, "2026-11-22T07:08:40.123456Z 192.0.2.1 36280 - TLSv1.3 x", None),
            (Alb, "2026-11-22T07:08:40.123456Z 192.0.2.1 - 443 TLSv1.3 x", None),
            (Alb, "2026-11-22T07:08:40.123456Z 192.0.2.1  443 TLSv1.3 x", None),
            (Alb, "http 192.0.2.1 36280 443", None),
            (Nginx, "2026-11-22T07:08:40.123456Z 192.0.2.1 36280 443 TLSv1.3 x", None),
            (Haproxy, "Connect from 192.0.2.1:4242 to 192.0.2.2:80 (fe/HTTP)", connection),
            (Haproxy, "127.0.0.1:42 [22/Nov/2026:07:18:29.754] fe/1: SSL handshake failure", connection),
            (Haproxy, "127.0.0.1:42 [22/Nov/2026:07:18:29.754] fe:", None),
            (Haproxy, "127.0.0.1:42 [22/Nov/2026:07:18:29.754] fe/1 be/s", None),
            (Haproxy, "127.0.0.1:42 [22/Nov/2026:07:18:29.754] fe~ 0/0 0/0A000412C000000A/x x", connection),
            (Haproxy, "127.0.0.1:42 [22/Nov/2026:07:18:29.754] fe~ 0/ 0/0A000412C000000A/x x", None),
            (Haproxy, "127.0.0.1:42 [22/Nov/2026:07:18:29.754] fe~ a/0 0/0A000412C000000A/x x", None),
            (Haproxy, "127.0.0.1:42 [22/Nov/2026:07:18:29.754] fe~ 0/0/0 0/0A000412C000000A/x x", None),
            (Haproxy, "127.0.0.1:42 [22/Nov/2026:07:18:29.754] fe~ 0/0 0/0A000412C000000/x x", None),
            (Haproxy, "Server be/s1 is DOWN, reason: Layer4 timeout", event),
            (Haproxy, "Stopping frontend fe in 0 ms.", event),
            (Nginx, "Server be/s1 is DOWN, reason: Layer4 timeout", None),
        ];
        for (product, line, expected) in cases {
            assert_eq!(classify(*product, line.as_bytes()), *expected, "{line}");
        }
    }

    /// Envoy writes a record for what has no response yet, and for connections without a request.
    #[test]
    fn records_of_envoy_without_a_status() {
        use crate::format::{Format, Line};
        use crate::{Spans, Template};
        let format = Template::envoy(
            "[%START_TIME%] \"%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%",
        )
        .unwrap();
        let read = |rest: &str| {
            let line = format!("[2026-11-22T07:12:27.123Z] {rest}");
            match format.parse(line.as_bytes(), &mut Spans::new()) {
                Ok(Line::Other(other)) => Some(other),
                Ok(Line::Access(_)) => None,
                read => panic!("{line}: {read:?}"),
            }
        };
        assert_eq!(read("\"- - -\" 0 - -"), Some(Other::Connection));
        assert_eq!(read("\"- - HTTP/1.1\" 0 - -"), Some(Other::NotFinal), "a protocol");
        assert_eq!(read("\"GET / -\" 0 - -"), Some(Other::NotFinal), "a method");
        assert_eq!(read("\"GET / HTTP/1.1\" 0 DC downstream_remote_disconnect"), None);
        assert_eq!(read("\"GET / HTTP/1.1\" 0 DC -"), None, "it has a reason");
        assert_eq!(read("\"GET / HTTP/1.1\" 0 - details"), None, "it has details");
        assert_eq!(read("\"- - -\" 200 - -"), None);
    }
}
