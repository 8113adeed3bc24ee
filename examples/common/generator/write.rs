//! A request as each product logs it.

use super::site::SITE;
use super::traffic::{Attempt, Ending, Request};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ACCOUNT: &str = "eu-central-1:123456789012";

pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn int(out: &mut Vec<u8>, n: u64) {
    padded(out, n, 1);
}

/// At least `width` digits.
fn padded(out: &mut Vec<u8>, mut n: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    while n > 0 || digits.len() - at < width {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

/// `s.mmm`
fn seconds(out: &mut Vec<u8>, millis: u64) {
    int(out, millis / 1000);
    out.push(b'.');
    padded(out, millis % 1000, 3);
}

fn hex(out: &mut Vec<u8>, n: u64, digits: u32) {
    for i in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(n >> (4 * i) & 15) as usize]);
    }
}

/// A date and time, taken apart.
struct Civil {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    micros: u64,
}

/// Howard Hinnant's `civil_from_days`, for the years from 1970.
fn civil(micros: i64) -> Civil {
    let micros = micros.max(0) as u64;
    let (days, rest) = (micros / 86_400_000_000 + 719_468, micros % 86_400_000_000);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Civil {
        year: year + era * 400 + u64::from(month <= 2),
        month,
        day: of_year - (153 * shifted + 2) / 5 + 1,
        hour: rest / 3_600_000_000,
        minute: rest / 60_000_000 % 60,
        second: rest / 1_000_000 % 60,
        micros: rest % 1_000_000,
    }
}

fn clock(out: &mut Vec<u8>, t: &Civil) {
    padded(out, t.hour, 2);
    out.push(b':');
    padded(out, t.minute, 2);
    out.push(b':');
    padded(out, t.second, 2);
}

/// `22/Nov/2026:07:08:40`
fn clf(out: &mut Vec<u8>, t: &Civil) {
    padded(out, t.day, 2);
    out.push(b'/');
    text(out, MONTHS[t.month as usize - 1]);
    out.push(b'/');
    int(out, t.year);
    out.push(b':');
    clock(out, t);
}

/// RFC 3339 with three or six digits of the second.
pub(super) fn rfc3339(out: &mut Vec<u8>, micros: i64, digits: usize) {
    let t = civil(micros);
    int(out, t.year);
    out.push(b'-');
    padded(out, t.month, 2);
    out.push(b'-');
    padded(out, t.day, 2);
    out.push(b'T');
    clock(out, &t);
    out.push(b'.');
    padded(out, if digits == 3 { t.micros / 1000 } else { t.micros }, digits);
    out.push(b'Z');
}

pub(super) fn client(out: &mut Vec<u8>, r: &Request) {
    text(out, r.network);
    int(out, u64::from(r.client));
}

/// Method, target and protocol.
fn request_line(out: &mut Vec<u8>, r: &Request) {
    text(out, r.method);
    out.push(b' ');
    out.extend_from_slice(&r.path);
    out.push(b' ');
    text(out, r.protocol);
}

fn dash_or(out: &mut Vec<u8>, value: Option<&str>) {
    text(out, value.unwrap_or("-"));
}

/// `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"`
pub(crate) fn nginx_combined(r: &Request, out: &mut Vec<u8>) {
    client(out, r);
    text(out, " - - [");
    clf(out, &civil(r.end));
    text(out, " +0000] \"");
    if r.garbage {
        text(out, "\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xFC\\x03\\x03");
    } else {
        request_line(out, r);
    }
    text(out, "\" ");
    padded(out, u64::from(r.status), 3);
    out.push(b' ');
    int(out, r.sent);
    text(out, " \"");
    if r.referred && !r.garbage {
        text(out, "https://");
        text(out, SITE);
        out.push(b'/');
    } else {
        out.push(b'-');
    }
    text(out, "\" \"");
    text(out, if r.garbage { "-" } else { r.agent });
    out.push(b'"');
}

/// `combined`, then `rt=… uct="…" uht="…" urt="…" us="…" ua="…" un="…"`
pub(crate) fn nginx(r: &Request, out: &mut Vec<u8>) {
    nginx_combined(r, out);
    text(out, " rt=");
    seconds(out, r.duration_ms);
    text(out, " uct=\"");
    list(out, r, |out, a| match a.ending {
        Ending::Refused => out.push(b'-'),
        _ => seconds(out, a.connect_ms),
    });
    text(out, "\" uht=\"");
    list(out, r, |out, a| match a.ending {
        Ending::Answered => seconds(out, a.total_ms),
        _ => out.push(b'-'),
    });
    text(out, "\" urt=\"");
    list(out, r, |out, a| seconds(out, a.total_ms));
    text(out, "\" us=\"");
    list(out, r, |out, a| match a.ending {
        Ending::ClientLeft => out.push(b'-'),
        _ => int(out, u64::from(a.status)),
    });
    text(out, "\" ua=\"");
    list(out, r, |out, a| text(out, a.host.addr));
    text(out, "\" un=\"");
    dash_or(out, r.service.map(|s| s.name));
    out.push(b'"');
}

/// An element per attempt, as nginx separates them.
fn list(out: &mut Vec<u8>, r: &Request, mut element: impl FnMut(&mut Vec<u8>, &Attempt)) {
    for (i, attempt) in r.attempts.iter().enumerate() {
        if i > 0 {
            text(out, ", ");
        }
        element(out, attempt);
    }
    if r.attempts.is_empty() {
        out.push(b'-');
    }
}

/// Envoy's default text.
pub(crate) fn envoy(r: &Request, out: &mut Vec<u8>) {
    out.push(b'[');
    rfc3339(out, r.start(), 3);
    text(out, "] \"");
    if r.garbage {
        text(out, "- - HTTP/1.1");
    } else {
        text(out, r.method);
        out.push(b' ');
        out.extend_from_slice(&r.path);
        text(out, if r.protocol == "HTTP/2.0" { " HTTP/2" } else { " HTTP/1.1" });
    }
    text(out, "\" ");
    int(out, u64::from(r.status));
    out.push(b' ');
    text(out, envoy_flags(r));
    out.push(b' ');
    int(out, if matches!(r.method, "POST" | "PUT") { r.received } else { 0 });
    out.push(b' ');
    int(out, r.sent);
    out.push(b' ');
    int(out, r.duration_ms);
    out.push(b' ');
    match r.attempts.last() {
        Some(a) if a.ending == Ending::Answered => int(out, a.total_ms),
        _ => out.push(b'-'),
    }
    text(out, " \"");
    client(out, r);
    text(out, "\" \"");
    text(out, if r.garbage { "-" } else { r.agent });
    text(out, "\" \"");
    uuid(out, r);
    text(out, "\" \"");
    text(out, r.service.map_or(SITE, |s| s.name));
    text(out, "\" \"");
    dash_or(out, r.attempts.last().map(|a| a.host.addr));
    out.push(b'"');
}

pub(super) fn envoy_flags(r: &Request) -> &'static str {
    match (r.ending, r.status) {
        (Ending::Refused, _) if r.attempts.len() > 1 => "URX,UF",
        (Ending::Refused, _) => "UF",
        (Ending::Reset, 502) => "UPE",
        (Ending::Reset, _) => "UC",
        (Ending::Timeout, _) => "UT",
        (Ending::ClientLeft, _) => "DC",
        (Ending::Own, 400) => "DPE",
        (Ending::Own, 404) => "NR",
        (Ending::Own, 429) => "RL",
        _ => "-",
    }
}

pub(super) fn uuid(out: &mut Vec<u8>, r: &Request) {
    let [a, b] = r.id;
    hex(out, a >> 32, 8);
    for (n, digits) in [(a >> 16, 4), (a & 0xfff | 0x4000, 4), (b >> 48 & 0x3fff | 0x8000, 4)] {
        out.push(b'-');
        hex(out, n, digits);
    }
    out.push(b'-');
    hex(out, b, 12);
}

/// AWS ALB, 33 fields.
pub(crate) fn alb(r: &Request, out: &mut Vec<u8>) {
    let target = r.attempts.last().filter(|a| a.ending != Ending::Refused || a.status != 503);
    text(out, if r.protocol == "HTTP/2.0" { "h2 " } else { "https " });
    rfc3339(out, r.end, 6);
    text(out, " app/shop/50dc6c495c0c9188 ");
    client(out, r);
    out.push(b':');
    int(out, u64::from(r.port));
    out.push(b' ');
    dash_or(out, target.map(|a| a.host.addr));
    out.push(b' ');
    match (r.ending, target) {
        (Ending::Answered, Some(a)) => {
            text(out, "0.000 ");
            seconds(out, a.total_ms);
            text(out, " 0.000");
        }
        (Ending::Reset | Ending::Refused, Some(a)) => {
            seconds(out, a.connect_ms);
            text(out, " -1 -1");
        }
        _ => text(out, "-1 -1 -1"),
    }
    out.push(b' ');
    int(out, u64::from(r.status));
    out.push(b' ');
    let target_status = |out: &mut Vec<u8>| match r.ending {
        Ending::Answered => int(out, u64::from(r.status)),
        _ => out.push(b'-'),
    };
    target_status(out);
    out.push(b' ');
    int(out, r.received);
    out.push(b' ');
    int(out, r.sent);
    out.push(b' ');
    if r.garbage {
        text(out, "\"- https://");
        text(out, SITE);
        text(out, ":443- -\" \"-\"");
    } else {
        out.push(b'"');
        text(out, r.method);
        text(out, " https://");
        text(out, SITE);
        text(out, ":443");
        out.extend_from_slice(&r.path);
        out.push(b' ');
        text(out, r.protocol);
        text(out, "\" \"");
        text(out, r.agent);
        out.push(b'"');
    }
    text(out, " ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ");
    match r.service {
        Some(service) => {
            text(out, "arn:aws:elasticloadbalancing:");
            text(out, ACCOUNT);
            text(out, ":targetgroup/");
            text(out, service.name);
            text(out, "/73e2d6bc24d8a067");
        }
        None => out.push(b'-'),
    }
    text(out, " \"Root=1-");
    hex(out, (r.start() / 1_000_000) as u64, 8);
    out.push(b'-');
    hex(out, r.id[0], 8);
    hex(out, r.id[1], 16);
    text(out, "\" \"");
    text(out, SITE);
    text(out, "\" \"arn:aws:acm:");
    text(out, ACCOUNT);
    text(out, ":certificate/12345678-1234-1234-1234-123456789012\" ");
    int(out, r.service.map_or(0, |s| s.weight));
    out.push(b' ');
    rfc3339(out, r.start(), 6);
    text(
        out,
        match (r.service, r.status) {
            (Some(_), _) => " \"forward\" \"-\" \"-\" \"",
            (None, 301) => " \"redirect\" \"https://shop.example:443/\" \"-\" \"",
            (None, 400) => " \"-\" \"-\" \"-\" \"",
            (None, _) => " \"fixed-response\" \"-\" \"-\" \"",
        },
    );
    dash_or(out, target.map(|a| a.host.addr));
    text(out, "\" \"");
    target_status(out);
    text(out, "\" \"-\" \"-\" TID_");
    hex(out, r.id[1], 16);
    hex(out, r.id[0], 16);
    text(out, " \"-\" \"-\" \"-\"");
}

/// HAProxy `option httplog`.
pub(crate) fn haproxy(r: &Request, out: &mut Vec<u8>) {
    haproxy_with(r, false, out);
}

/// HAProxy `option httplog` after the header of a syslog daemon, with `capture request header Host` and
/// `capture response header Content-Length`.
pub(crate) fn haproxy_syslog(r: &Request, out: &mut Vec<u8>) {
    let t = civil(r.end);
    text(out, MONTHS[t.month as usize - 1]);
    text(out, if t.day < 10 { "  " } else { " " });
    int(out, t.day);
    out.push(b' ');
    clock(out, &t);
    text(out, " lb-a1 haproxy[2417]: ");
    haproxy_with(r, true, out);
}

fn haproxy_with(r: &Request, captures: bool, out: &mut Vec<u8>) {
    client(out, r);
    out.push(b':');
    int(out, u64::from(r.port));
    text(out, " [");
    let start = civil(r.start());
    clf(out, &start);
    out.push(b'.');
    padded(out, start.micros / 1000, 3);
    text(out, "] shop~ ");
    text(out, r.service.map_or("shop", |s| s.name));
    out.push(b'/');
    text(out, r.attempts.last().map_or("<NOSRV>", |a| a.host.name));
    out.push(b' ');
    haproxy_timers(r, out);
    out.push(b' ');
    match r.ending {
        Ending::ClientLeft => text(out, "-1"),
        _ => int(out, u64::from(r.status)),
    }
    out.push(b' ');
    int(out, if r.ending == Ending::ClientLeft { 0 } else { r.sent + 190 });
    text(out, " - - ");
    text(
        out,
        match r.ending {
            Ending::Answered => "----",
            Ending::Refused => "SC--",
            Ending::Reset => "SH--",
            Ending::Timeout => "sH--",
            Ending::ClientLeft => "CC--",
            Ending::Own if r.status >= 400 => "PR--",
            Ending::Own => "LR--",
        },
    );
    out.push(b' ');
    let open = r.id[0] >> 58;
    int(out, open + 3);
    out.push(b'/');
    int(out, open + 2);
    text(out, "/1/0/");
    match (r.ending, r.attempts.len()) {
        (Ending::Refused, _) => out.push(b'3'),
        (_, 2) => text(out, "+1"),
        _ => out.push(b'0'),
    }
    text(out, " 0/0 ");
    if captures {
        text(out, if r.garbage { "{} {" } else { "{shop.example} {" });
        if r.ending == Ending::Answered && r.sent > 0 {
            int(out, r.sent);
        }
        text(out, "} ");
    }
    out.push(b'"');
    if r.garbage {
        text(out, "<BADREQ>");
    } else {
        request_line(out, r);
    }
    out.push(b'"');
}

/// `TR/Tw/Tc/Tr/Ta`; -1 from where the request did not get on.
fn haproxy_timers(r: &Request, out: &mut Vec<u8>) {
    let Some(last) = r.attempts.last() else {
        return text(out, if r.garbage { "-1/-1/-1/-1/0" } else { "0/-1/-1/-1/0" });
    };
    text(out, "0/0/");
    match last.ending {
        Ending::Refused | Ending::ClientLeft => text(out, "-1/-1"),
        Ending::Answered => {
            int(out, last.connect_ms);
            out.push(b'/');
            int(out, last.total_ms - last.connect_ms);
        }
        _ => {
            int(out, last.connect_ms);
            text(out, "/-1");
        }
    }
    out.push(b'/');
    int(out, r.duration_ms);
}
