//! For tests: the slow, obvious reader of a pattern. It tries every reach a value may have, shortest first, and
//! takes the first reading in which the whole line fits.

use super::pattern::{Pattern, Piece, Shape};
use crate::escape::Escape;
use crate::schema::{Field, Kind};
use crate::time::TimeLayout;

/// The values of the columns, in order; `None` if the line does not fit.
pub(super) fn read<'a>(pattern: &Pattern, line: &'a str) -> Option<Vec<&'a str>> {
    let mut values = Vec::new();
    go(pattern, 0, line, &mut values).then_some(values)
}

fn go<'a>(pattern: &Pattern, i: usize, rest: &'a str, values: &mut Vec<&'a str>) -> bool {
    if values.len() >= pattern.required
        && (rest.is_empty() || (i == pattern.pieces.len() && pattern.open_tail && rest.starts_with(' ')))
    {
        return true;
    }
    match pattern.pieces.get(i) {
        None => rest.is_empty(),
        Some(Piece::Literal(literal)) => {
            let literal = std::str::from_utf8(literal).unwrap();
            match rest.strip_prefix(literal) {
                Some(rest) => go(pattern, i + 1, rest, values),
                // Older lines end earlier, perhaps with a closing quote.
                None => literal.starts_with(rest) && values.len() >= pattern.required,
            }
        }
        Some(Piece::Column(column)) => {
            let ends = (0..=rest.len()).filter(|&end| rest.is_char_boundary(end));
            let mut fits: Vec<usize> =
                ends.filter(|&end| may_be(pattern, *column, &rest[..end], &rest[end..])).collect();
            if pattern.shapes[*column] == Shape::Cookie {
                fits.reverse();
            }
            for end in fits {
                values.push(&rest[..end]);
                if go(pattern, i + 1, &rest[end..], values) {
                    return true;
                }
                values.truncate(*column);
            }
            if pattern.shapes[*column] == Shape::Captures {
                values.push("");
                return match pattern.pieces.get(i + 1) {
                    Some(Piece::Literal(next)) => {
                        let next = std::str::from_utf8(next).unwrap();
                        let rest = rest.strip_prefix(next.trim_start());
                        rest.is_some_and(|rest| go(pattern, i + 2, rest, values))
                            || go(pattern, i + 2, rest.unwrap_or_default(), values)
                    }
                    _ => false,
                };
            }
            false
        }
    }
}

fn may_be(pattern: &Pattern, column: usize, value: &str, after: &str) -> bool {
    let shape = pattern.shapes[column];
    let column = &pattern.columns[column];
    if column.kind == Kind::Time(TimeLayout::Clf) {
        return value.len() == 26 && value.as_bytes()[0].is_ascii_digit() && value.as_bytes()[2] == b'/';
    }
    if &*column.name == "%tsc" {
        return value.len() == 4 && value.bytes().all(|b| b == b'-' || b.is_ascii_alphanumeric());
    }
    match shape {
        // Envoy's path may hold a quote (though never a blank).
        Shape::Token => !value.contains(' ') && (column.field == Field::Target || !value.contains('"')),
        Shape::List => {
            !after.starts_with(", ")
                && !after.starts_with(" : ")
                && value
                    .split(", ")
                    .flat_map(|group| group.split(" : "))
                    .all(|item| !item.contains([' ', ',', '"']))
        }
        Shape::Captures => value.starts_with('{') && value.ends_with('}'),
        Shape::Rest => after.is_empty(),
        Shape::Width(width) => value.len() == usize::from(width),
        Shape::Cookie => true,
        Shape::Text => match column.escape {
            Escape::Hex | Escape::Hash => !value.contains('"'),
            // An empty user of Apache's, in a place without quotes.
            Escape::Backslash if value == "\"\"" => true,
            Escape::Backslash => !value.replace("\\\\", "").replace("\\\"", "").contains('"'),
            _ => true,
        },
    }
}

/// Lines real programs wrote, and what stands in them.
mod lines {
    use super::read;
    use crate::template::{apache, builtin, envoy, fixed, haproxy, nginx, pattern::Pattern};

    fn assert(pattern: &Pattern, line: &str, wants: &[(&str, &str)]) {
        let values =
            read(pattern, line).unwrap_or_else(|| panic!("{line}\ndoes not fit {}", pattern.print()));
        for (name, want) in wants {
            let i = pattern.columns.iter().position(|c| &*c.name == *name).expect(name);
            assert_eq!(values[i], *want, "{name} of {line}");
        }
    }

    #[test]
    fn nginx_combined() {
        let line = r#"127.0.0.1 - a \x22b] [c\x5C [22/Nov/2026:07:12:52 +0000] "GET /auth HTTP/1.1" 401 179 "-" "lab/1.0""#;
        let wants =
            [("remote_user", r"a \x22b] [c\x5C"), ("request", "GET /auth HTTP/1.1"), ("status", "401")];
        assert(&nginx::parse(builtin::NGINX_COMBINED).unwrap(), line, &wants);
    }

    #[test]
    fn ingress_nginx() {
        let pattern = nginx::parse(builtin::INGRESS_NGINX).unwrap();
        let line = r#"127.0.0.1 - - [22/Nov/2026:07:33:01 +0000] "GET /custerr/503 HTTP/1.1" 200 6 "-" "lab/1.0" 80 0.002 [upstream-default-backend] [] 127.0.0.1:19001 : 127.0.0.1:19002 0 : 6 0.002 : 0.001 503 : 200 185c62b68fc85b97c363823684b0e0ee"#;
        let wants = [
            ("upstream_addr", "127.0.0.1:19001 : 127.0.0.1:19002"),
            ("upstream_status", "503 : 200"),
            ("req_id", "185c62b68fc85b97c363823684b0e0ee"),
        ];
        assert(&pattern, line, &wants);
        let line = r#"127.0.0.1 - - [22/Nov/2026:07:33:05 +0000] "\x16\x03\x01\x22" 400 157 "-" "-" 0 0.000 [] [] - - - - 2de8589db38a6392482d8ee31bc0536d"#;
        assert(&pattern, line, &[("proxy_upstream_name", ""), ("request", r"\x16\x03\x01\x22")]);
    }

    #[test]
    fn envoy_and_istio() {
        let line = r#"[2026-11-22T07:23:26.526Z] "GET /r/one/status/201 HTTP/1.1" 201 - 0 11 4 3 "-" "lab/1.0" "490735bb-d273-4c9a-8f87-c613c9ae0f61" "lab.local" "127.0.0.1:28001""#;
        let wants = [("START_TIME", "2026-11-22T07:23:26.526Z"), ("UPSTREAM_HOST", "127.0.0.1:28001")];
        let default = envoy::parse(builtin::ENVOY_DEFAULT).unwrap();
        assert(&default, line, &wants);
        let line = r#"[2026-11-22T07:24:13.214Z] "GET /r/one/ok?a="b"&c=\d HTTP/1.1" 200 - 0 14 0 0 "-" "lab/1.0" "d9e42bbf-f3a6-4cc9-8c45-b122f7e27933" "lab.local" "127.0.0.1:28001""#;
        assert(&default, line, &[("REQ(X-ENVOY-ORIGINAL-PATH?:PATH)", r#"/r/one/ok?a="b"&c=\d"#)]);
        let line = r#"[2026-11-22T07:23:26.415Z] "GET /r/healthy/ok?x=1 HTTP/1.1" 200 - via_upstream - "-" 0 14 2 0 "-" "lab/1.0" "b9f31183-7b36-4325-b945-e8d6e1477a38" "lab.local" "127.0.0.1:28002" healthy 127.0.0.1:44454 127.0.0.1:27000 127.0.0.1:56962 - to one"#;
        let wants = [("RESPONSE_CODE_DETAILS", "via_upstream"), ("ROUTE_NAME", "to one"), ("DURATION", "2")];
        assert(&envoy::parse(builtin::ISTIO).unwrap(), line, &wants);
    }

    #[test]
    fn haproxy() {
        let http = haproxy::parse(builtin::HAPROXY_HTTP).unwrap();
        let line = r#"::1:45454 [22/Nov/2026:07:19:10.544] fe_http b_ok/s1 0/0/0/0/0 200 59 - - ---- 1/1/0/0/0 0/0 "GET /x/200 HTTP/1.1""#;
        assert(&http, line, &[("%ci:%cp", "::1:45454"), ("%r", "GET /x/200 HTTP/1.1")]);
        let line = r#"127.0.0.1:55972 [22/Nov/2026:07:19:21.699] fe_cap b_ok/s1 0/0/0/0/0 200 59 SESS=a"b c{d|e; x=1 - ---- 1/1/0/0/0 0/0 {lab|a#7Bb#7Cc#7Dd #22q#22 #23h \ #C3#A9#09z|} {|} "GET /200 HTTP/1.1""#;
        let wants = [
            ("%CC", "SESS=a\"b c{d|e; x=1"),
            ("%tsc", "----"),
            ("%hr", r"{lab|a#7Bb#7Cc#7Dd #22q#22 #23h \ #C3#A9#09z|}"),
        ];
        assert(&http, line, &wants);
        let clf = haproxy::parse(builtin::HAPROXY_CLF).unwrap();
        let line = r#"127.0.0.1 - - [22/Nov/2026:07:19:22 +0000] "GET /200 HTTP/1.1" 200 59 "" "" 51012 506 "fe_clf" "b_ok" "s1" 0 0 0 0 0 ---- 1 1 0 0 0 0 0 "" "" "lab" "lab/1.0" "#;
        assert(&clf, line, &[("%s", "s1"), ("%CS", ""), ("%hrl %hsl", "\"lab\" \"lab/1.0\" ")]);
        let line = r#"127.0.0.1 - - [22/Nov/2026:07:19:24 +0000] "<BADREQ>" 400 0 "" "" 51042 814 "fe_clf" "fe_clf" "<NOSRV>" -1 -1 -1 -1 0 PR-- 1 1 0 0 0 0 0 "" "" "#;
        assert(&clf, line, &[("%r", "<BADREQ>"), ("%tsc", "PR--")]);
        let tcp = haproxy::parse(builtin::HAPROXY_TCP).unwrap();
        let line =
            "127.0.0.1:58744 [22/Nov/2026:07:19:30.617] fe_tcp_dead t_dead/d1 1/-1/505 0 SC 1/1/0/0/1 0/0";
        assert(&tcp, line, &[("%ts", "SC"), ("%rc", "1"), ("%Tt", "505")]);
    }

    #[test]
    fn apache() {
        let line = r#"127.0.0.1 - a \"b] [c\\ [22/Nov/2026:07:23:11 +0000] "GET /priv HTTP/1.1" 401 421 "-" "lab/1.0""#;
        let wants = [("%u", r#"a \"b] [c\\"#), ("%>s", "401")];
        assert(&apache::parse(builtin::APACHE_COMBINED).unwrap(), line, &wants);
        let line = r#"127.0.0.1 - "" [22/Nov/2026:07:23:12 +0000] "GET /priv HTTP/1.1" 401 421"#;
        assert(&apache::parse(builtin::APACHE_COMMON).unwrap(), line, &[("%u", "\"\""), ("%b", "421")]);
        let line = r#"lab.example:80 127.0.0.1 - - [22/Nov/2026:07:23:10 +0000] "GET / HTTP/1.1" 200 240 "-" "lab/1.0""#;
        assert(&apache::parse(builtin::APACHE_VHOST).unwrap(), line, &[("%v", "lab.example"), ("%O", "240")]);
    }

    /// The examples of the AWS user guides, cut to the widths of their years.
    #[test]
    fn aws() {
        let full = r#"http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_dc57cebed65b444ebc8177bb698fe166"#;
        let alb = fixed::alb();
        assert(&alb, full, &[("elb_status_code", "200"), ("target:port_list", "10.0.0.1:80")]);
        for end in [" TID", " \"-\" \"-\" TID", " \"10.0.0.1:80\" \"", " \"curl"] {
            let cut = full.split(end).next().unwrap();
            assert(&alb, cut, &[("request", "GET http://www.example.com:80/ HTTP/1.1")]);
        }
        assert(&alb, &format!("{full} \"h\" \"/\" \"-\" 10.0.0.9 new \"newer\""), &[("node_ip", "10.0.0.9")]);
        let elb = r#"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.001069 0.000028 0.000041 - - 82 305 "- - - " "-" - -"#;
        assert(&fixed::elb(), elb, &[("request", "- - - "), ("elb_status_code", "-")]);
        let nlb = r#"tls 2.0 2020-04-01T08:51:42 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a108f19-aded-46b0-8493-c63eb1ef4a99 - ECDHE-RSA-AES128-SHA tlsv12 - my-network-loadbalancer-c6e77e28c25b2234.elb.us-east-2.amazonaws.com h2 h2 "h2","http/1.1" 2020-04-01T08:51:20"#;
        let wants =
            [("alpn_client_preference_list", "\"h2\",\"http/1.1\""), ("tls_protocol_version", "tlsv12")];
        assert(&fixed::nlb(), nlb, &wants);
    }
}
