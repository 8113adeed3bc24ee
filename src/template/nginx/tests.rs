use super::{json_fields, parse};
use crate::escape::Escape;
use crate::schema::Product;
use crate::template::builtin;
use crate::template::hostile;
use crate::template::pattern::{Pattern, Piece};

/// The text between the quotes, the strings, the directive, a piece of a configuration file.
#[test]
fn one_format_in_many_wrappings() {
    let want = r#"<remote_addr> ' [' <time_local> '] "' <request> '" ' <status>"#;
    let texts = [
        r#"$remote_addr [$time_local] "$request" $status"#,
        "  $remote_addr [${time_local}] \"$request\" ${status}\n",
        r#"$remote_addr [$time_local] \"$request\" $status"#,
        r#""$remote_addr [$time_local] \"$request\" $status""#,
        r#"'$remote_addr [$time_local] "$request" $status'"#,
        r#"'$remote_addr [$time_local]' ' "$request" ' '$status';"#,
        r#"log_format main '$remote_addr [$time_local] "$request" $status';"#,
        r#"log_format main "$remote_addr [$time_local] \"$request\" $status";"#,
        r#"log_format main $remote_addr " [" $time_local '] "$request" ' ${status};"#,
        "# the format\nlog_format  main # its name\n  '$remote_addr ' \"[$time_local] \"\n\t'\"$request\" ' # more; \"here\n  '$status'\n;\n\
         access_log /var/log/nginx/access.log main buffer=32k if=$loggable;\n",
        "http {\n  access_log off;\n  log_format main escape=default '$remote_addr [$time_local] \"$request\" $status'\n;}",
    ];
    for text in texts {
        match parse(text) {
            Ok(pattern) => {
                assert_eq!(pattern.print(), want, "{text}");
            }
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

#[test]
fn mistakes_have_a_place() {
    let cases = [
        ("$remote_addr $", 13..14, "at the end"),
        ("$a $- $b", 3..5, "the name of a variable"),
        ("$a €$€", 6..10, "the name of a variable"),
        ("$a ${b", 3..6, "not closed"),
        ("$a ${b-c}", 3..7, "not closed"),
        ("$a ${}", 3..6, "names no variable"),
        ("log_format main '$a' '$b $';", 25..26, "at the end"),
        ("log_format main \"\\\"$\\\"\";", 19..22, "the name of a variable"),
        ("log_format main '$a", 16..19, "not closed"),
        ("log_format main '$a'x;", 20..21, "closing quote"),
        ("log_format main escape=jason '$a';", 16..28, "escape="),
        ("log_format main;", 0..15, "a name and a text"),
        ("log_format main escape=json;", 0..28, "a name and a text"),
        ("log_format a '$a';\nlog_format b '$b';", 19..29, "a second log_format"),
        ("no variables", 0..12, "no variables"),
        ("", 0..0, "no variables"),
        ("$a\n$b", 2..3, "line break"),
        ("$status$pipe", 0..12, "nothing separates"),
    ];
    for (text, range, message) in cases {
        let error = parse(text).expect_err(text);
        assert_eq!(error.range(), range, "{text}: {error}");
        assert!(error.message().contains(message), "{text}: {error}");
    }
}

#[test]
fn what_variables_mean() {
    let format = r#"$remote_addr $remote_user [$time_local] "$request" $status $bytes_sent $body_bytes_sent "$http_referer" rt=$request_time "$upstream_addr" $upstream_status up=$upstream_cache_status $msec $my_own "$host" $proxy_host $pipe "$http_host" $server_name uri="$request_uri" $req_id"#;
    let pattern = parse(format).unwrap();
    let cases = [
        ("remote_addr", "client Address Hex Token"),
        ("remote_user", "other Text Hex Text"),
        ("time_local", "time Time(Clf) None Text"),
        ("request", "request Request Hex Text"),
        ("status", "status Status None Token"),
        ("body_bytes_sent", "bytes_sent Integer None Token"),
        ("bytes_sent", "other Integer None Token"),
        ("http_referer", "referer Text Hex Text"),
        ("request_time", "duration Duration(Seconds) None Token"),
        ("upstream_addr", "upstream_addr Address Hex Text"),
        ("upstream_status", "upstream_status Status Hex List"),
        ("upstream_cache_status", "cache_status Text Hex Token"),
        ("msec", "time Time(EpochSeconds) None Token"),
        ("my_own", "other Text Hex Text"),
        ("host", "host Text Hex Text"),
        ("http_host", "other Text Hex Text"),
        ("server_name", "other Text Hex Token"),
        ("proxy_host", "upstream Text Hex Token"),
        ("request_uri", "target Text Hex Text"),
        ("req_id", "request_id Text Hex Rest"),
    ];
    for (name, want) in cases {
        assert_eq!(pattern.describe(name), want, "{name}");
    }
    assert_eq!(pattern.product, Product::Nginx);
}

#[test]
fn the_modes_of_escaping() {
    for (mode, want) in [("default", "Hex"), ("json", "Json"), ("none", "None")] {
        let pattern = parse(&format!("log_format x escape={mode} '$host $status';")).unwrap();
        assert_eq!(pattern.describe("host"), format!("host Text {want} Token"));
        assert_eq!(pattern.describe("status"), "status Status None Token");
    }
}

/// `a:port` with an IPv6 address, and neighbours: one value each.
#[test]
fn values_that_cannot_be_split() {
    let pattern =
        parse(r#"$remote_addr:$remote_port "$scheme://$host$request_uri" $uri$is_args$args $foo$bar"#)
            .unwrap();
    assert_eq!(
        pattern.print(),
        r#"<remote_addr:remote_port> ' "' <scheme> '://' <host+request_uri> '" ' <uri+is_args+args> ' ' <foo+bar>"#
    );
    assert_eq!(pattern.describe("remote_addr:remote_port"), "client Address Hex Token");
    assert_eq!(pattern.describe("host+request_uri"), "target Text Hex Text");
    assert_eq!(pattern.describe("uri+is_args+args"), "other Text Hex Text");
    assert_eq!(pattern.describe("foo+bar"), "other Text Hex Rest");
}

#[test]
fn formats_that_come_with_nginx() {
    let cases = [
        (builtin::NGINX_COMBINED, Product::Nginx, 8),
        (builtin::NGINX_MAIN, Product::Nginx, 9),
        (builtin::INGRESS_NGINX, Product::IngressNginx, 17),
        (builtin::INGRESS_NGINX_REAL_IP, Product::IngressNginx, 18),
        (builtin::INGRESS_NGINX_ONE_NAME, Product::IngressNginx, 17),
        (builtin::INGRESS_NGINX_NO_ID, Product::IngressNginx, 16),
    ];
    for (text, product, columns) in cases {
        let pattern = parse(text).unwrap();
        assert_eq!((pattern.product, pattern.columns.len()), (product, columns), "{text}");
        assert_eq!(pattern.required, columns);
    }
    let ingress = parse(builtin::INGRESS_NGINX).unwrap();
    assert_eq!(ingress.describe("upstream_addr"), "upstream_addr Address Hex List");
    assert_eq!(ingress.describe("proxy_upstream_name"), "upstream Text Hex Token");
    assert_eq!(ingress.describe("req_id"), "request_id Text Hex Rest");
    let both = parse("$proxy_host [$proxy_upstream_name]").unwrap();
    assert_eq!(both.describe("proxy_host"), "other Text Hex Token");
    let real_ip = parse(builtin::INGRESS_NGINX_NO_ID).unwrap();
    assert_eq!(real_ip.describe("the_real_ip"), "client Address Hex Token");
}

#[test]
fn json_objects() {
    let text = r#"log_format j escape=json '{"time": "$time_iso8601","status":$status, "up":{"addr":"$upstream_addr", "t": $upstream_response_time },'
        '"request":"$request_method $request_uri $server_protocol","url":"$scheme://$host$uri","list":["$pipe"],"v":1,"e":"a\\"b $pid","ok":true,"x":$x}';"#;
    let fields: Vec<String> = json_fields(text)
        .unwrap()
        .iter()
        .map(|(path, c)| format!("{path}={} {} {:?} {:?}", c.name, c.field.name(), c.kind, c.escape))
        .collect();
    assert_eq!(
        fields,
        [
            "time=time_iso8601 time Time(Iso) None",
            "status=status status Status None",
            "up.addr=upstream_addr upstream_addr Address Json",
            "up.t=upstream_response_time upstream_response_time Duration(Seconds) Json",
            "request=request request Request Json",
            "url=url other Text Json",
            "e=e other Text Json",
            "x=x other Text Json",
        ]
    );
    let positional = parse(r#"log_format j escape=json '{"a":"$host","s":$status}';"#).unwrap();
    assert_eq!(positional.print(), r#"'{"a":"' <host> '","s":' <status> '}'"#);
    let no_objects = [
        "$a",
        r#"{"a":$a"#,
        r#"{"a":$a} x"#,
        "{$a:1}",
        r#"{"a":[$a}}"#,
        r#"["$a"]"#,
        "{}",
        "{\"a\":\"$a",
        "{\"$a\":1}",
    ];
    for text in no_objects {
        assert_eq!(json_fields(text), None, "{text}");
    }
}

#[test]
fn hostile_texts() {
    let texts = [
        builtin::INGRESS_NGINX,
        "log_format m escape=json '{\"a\": \"$a\", \"b\":$b}' \"${c}\\\"\"; # x\naccess_log x m;",
        "'$a' \"$b\"",
        "\\$a\\ ${é}€$b",
    ];
    hostile::survive(&texts, parse);
    hostile::survive_printing(&texts, parse, printed);
    hostile::survive(&texts, |text| {
        json_fields(text);
        parse(text)
    });
}

/// The strings of a directive that defines the pattern.
fn printed(pattern: &Pattern) -> Option<String> {
    let escaped_by = |escape| pattern.columns.iter().any(|column| column.escape == escape);
    let mode = match () {
        () if escaped_by(Escape::Hex) => "default",
        () if escaped_by(Escape::Json) => "json",
        () => "none",
    };
    let mut text = String::new();
    for piece in &pattern.pieces {
        match piece {
            Piece::Literal(bytes) => {
                let literal = std::str::from_utf8(bytes).ok()?;
                text += &literal.replace('\\', r"\\").replace('\'', r"\'");
            }
            // Neighbours and ports, which are one value.
            Piece::Column(i) => {
                for name in pattern.columns[*i].name.split_inclusive(['+', ':']) {
                    let bare = name.trim_end_matches(['+', ':']);
                    text += &["${", bare, "}", if name.ends_with(':') { ":" } else { "" }].concat();
                }
            }
        }
    }
    Some(format!("escape={mode} '{text}'"))
}
