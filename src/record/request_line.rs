//! The request line and its parts.

use super::{Record, Value};
use crate::schema::{Field, Product};

/// Method, target and protocol of a request; `None` where the line has no such part.
///
/// Clients send anything: a request line of one part (HTTP/0.9 cut short, TLS bytes on a plain port), of two (no
/// protocol) or of many (spaces in the target). The method ends at the first space; the protocol starts after the
/// last one, if it looks like `HTTP/`; the target is what lies between. Bytes without a protocol that do not begin
/// with a method in capitals are no request of HTTP: all of them are the target, and so is a lone word that is no
/// method of HTTP (`HELP`).
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct RequestLine<'a> {
    /// `GET`.
    pub method: Option<Value<'a>>,
    /// Path and query, or the absolute form, neither decoded nor normalised.
    pub target: Option<Value<'a>>,
    /// `HTTP/1.1`, spelt as the product does (`HTTP/2`, `HTTP/2.0`).
    pub protocol: Option<Value<'a>>,
}

impl<'a> Record<'a> {
    /// Method, target and protocol, from the request line, else from their own columns: those can have been
    /// rewritten (nginx `$uri`).
    pub fn request_line(&self) -> RequestLine<'a> {
        // HAProxy writes this for every part of a request it could not read.
        let part = |field| self.text(field).filter(|part| part.raw() != b"<BADREQ>");
        let own = RequestLine {
            method: part(Field::Method),
            target: part(Field::Target),
            protocol: part(Field::Protocol),
        };
        match part(Field::Request) {
            Some(request) => {
                let split = split(request, self.schema().product());
                RequestLine {
                    method: split.method.or(own.method),
                    target: split.target.or(own.target),
                    protocol: split.protocol.or(own.protocol),
                }
            }
            None => own,
        }
    }
}

/// Where the authority of a target begins that names a scheme (`http://host/`); `None` for every other form. What a
/// query holds (`/?u=http://host/`) is no scheme of the request.
pub(crate) fn authority(target: &[u8]) -> Option<usize> {
    let is_scheme = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let end = target.iter().take(LONGEST_SCHEME + 1).position(|b| !is_scheme(b))?;
    (end > 0 && target.get(end..)?.starts_with(b"://")).then_some(end + 3)
}

/// Bytes of a scheme, at most.
const LONGEST_SCHEME: usize = 16;

/// The methods of RFC 9110 and RFC 5789, and the preface of HTTP/2.
const METHODS: [&[u8]; 10] =
    [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH", b"PRI"];

fn split(request: Value<'_>, product: Product) -> RequestLine<'_> {
    let part = |raw| Some(request.part(raw)).filter(|part| !matches!(part.raw(), b"" | b"-"));
    let whole = request.raw();
    let space = whole.iter().position(|&b| b == b' ').unwrap_or(whole.len());
    let (method, rest) = (&whole[..space], whole.get(space + 1..).unwrap_or_default());
    let (target, protocol) = match rest.iter().rposition(|&b| b == b' ') {
        Some(last) if is_protocol(&rest[last + 1..], product) => (&rest[..last], &rest[last + 1..]),
        None if rest.starts_with(b"HTTP/") => (&rest[..0], rest),
        None if rest.is_empty() && space == whole.len() && !METHODS.contains(&method) => {
            return RequestLine { target: part(whole), ..RequestLine::default() };
        }
        // Not HTTP at all: no part of it is a method.
        _ if !method.iter().all(|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_')) => {
            return RequestLine { target: part(whole), ..RequestLine::default() };
        }
        _ => (rest, &rest[..0]),
    };
    RequestLine { method: part(method), target: part(target), protocol: part(protocol) }
}

/// ALB and Classic ELB write `-` for a protocol they could not read, and end with a space for none.
fn is_protocol(text: &[u8], product: Product) -> bool {
    text.starts_with(b"HTTP/")
        || (matches!(product, Product::Alb | Product::Elb) && matches!(text, b"" | b"-"))
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;

    #[test]
    fn only_the_absolute_form_has_an_authority() {
        for (target, expected) in [
            ("http://h/a", Some("h/a")),
            ("wss://h", Some("h")),
            ("svn+ssh://", Some("")),
            ("/?u=http://h/a", None),
            ("/a://b", None),
            ("://h", None),
            ("h:443", None),
            ("http:/h", None),
            ("*", None),
            ("", None),
            ("abcdefghijklmnop://h", Some("h")),
            ("abcdefghijklmnopq://h", None),
        ] {
            assert_eq!(authority(target.as_bytes()).map(|at| &target[at..]), expected, "{target}");
        }
    }

    #[test]
    fn request_lines_of_any_shape() {
        for (product, line, expected) in [
            (Product::Nginx, "GET /a?b=c HTTP/1.1", ["GET", "/a?b=c", "HTTP/1.1"]),
            (Product::Nginx, "GET /a b c HTTP/1.1", ["GET", "/a b c", "HTTP/1.1"]),
            (Product::Nginx, "GET /", ["GET", "/", "-"]),
            (Product::Nginx, "GET /a b", ["GET", "/a b", "-"]),
            (Product::Nginx, "PRI * HTTP/2.0", ["PRI", "*", "HTTP/2.0"]),
            (Product::Nginx, r"\x16\x03\x01", ["-", r"\x16\x03\x01", "-"]),
            (Product::Nginx, r"\x16 a b", ["-", r"\x16 a b", "-"]),
            (Product::Nginx, "get / HTTP/1.1", ["get", "/", "HTTP/1.1"]),
            (Product::Nginx, "GET", ["GET", "-", "-"]),
            (Product::Nginx, "HELP", ["-", "HELP", "-"]),
            (Product::Nginx, "HELP ", ["HELP", "-", "-"]),
            (Product::Nginx, "-", ["-", "-", "-"]),
            (Product::Nginx, "", ["-", "-", "-"]),
            (Product::Nginx, "GET HTTP/1.1", ["GET", "-", "HTTP/1.1"]),
            (Product::Haproxy, "<BADREQ>", ["-", "-", "-"]),
            (Product::Alb, "GET http://h:80/a b HTTP/1.1", ["GET", "http://h:80/a b", "HTTP/1.1"]),
            (Product::Alb, "- http://h:80- -", ["-", "http://h:80-", "-"]),
            (Product::Elb, "- - - ", ["-", "- -", "-"]),
        ] {
            let sample = Sample::new(product, &[(Field::Request, line)]);
            let RequestLine { method, target, protocol } = sample.record().request_line();
            let parts = [method, target, protocol].map(|part| part.map_or(&b"-"[..], |v| v.raw()));
            assert_eq!(parts, expected.map(str::as_bytes), "{line}");
        }
    }
}
