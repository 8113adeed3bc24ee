//! Lines that stand in access logs and are no access records: told apart only after a line did not fit.

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
        Product::Nginx | Product::IngressNginx if is_nginx_error(line) => Some(Other::ErrorLog),
        Product::Apache if is_apache_error(line) => Some(Other::ErrorLog),
        Product::Alb | Product::Elb | Product::Nlb if starts(&[b"Enable AccessLog for ELB"]) => {
            Some(Other::Event)
        }
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
    line.len() > 21
        && line[..19]
            .iter()
            .zip(b"0000/00/00 00:00:00")
            .all(|(&b, &p)| if p == b'0' { b.is_ascii_digit() } else { b == p })
        && line[19..].starts_with(b" [")
}

/// `[Sun Nov 22 07:23:10.123456 2026] [proxy:error] …`
fn is_apache_error(line: &[u8]) -> bool {
    line.first() == Some(&b'[')
        && line.get(1..4).is_some_and(|d| d.iter().all(u8::is_ascii_alphabetic))
        && memchr::memmem::find(line, b"] [").is_some()
}

/// `127.0.0.1:4242 [22/Nov/2026:07:18:29.754] fe/1: SSL handshake failure`: a connection that never became a request.
fn is_haproxy_connection(line: &[u8]) -> bool {
    let Some(after) = memchr::memmem::find(line, b"] ").map(|p| &line[p + 2..]) else { return false };
    let word = &after[..memchr::memchr(b' ', after).unwrap_or(after.len())];
    word.last() == Some(&b':') && word.contains(&b'/')
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
