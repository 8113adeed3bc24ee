//! The walker against `serde_json`, the scanner against the walker, and real lines against what they say.

use std::fmt::Write as _;
use std::ops::Range;

use super::JsonFormat;
use crate::error::LineErrorKind;
use crate::format::{Format, Line, Other};
use crate::record::Spans;
use crate::schema::{Column, Field, FieldSet, Kind, Product, TimeMeaning};

const NGINX: &[u8] = include_bytes!("nginx.log");
const NGINX_DEFAULT_ESCAPE: &[u8] = include_bytes!("nginx_default_escape.log");
const INGRESS: &[u8] = include_bytes!("ingress.log");
const ISTIO: &[u8] = include_bytes!("istio.log");
const ENVOY_OTHER: &[u8] = include_bytes!("envoy_other.log");
const CADDY: &[u8] = include_bytes!("caddy.log");

fn lines(log: &[u8]) -> Vec<&[u8]> {
    crate::input::lines(log).map(|(_, line)| line).collect()
}

/// A generator of numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// What a reader made of a line: `None` for a refusal, else the values of the columns.
type Seen = Result<(String, Vec<Option<Vec<u8>>>), LineErrorKind>;

fn seen(line: Result<Line<'_>, crate::LineError>, fields: &[Field]) -> Seen {
    match line {
        Ok(Line::Access(record)) => {
            Ok(("access".into(), fields.iter().map(|&f| record.raw(f).map(<[u8]>::to_vec)).collect()))
        }
        Ok(Line::Other(other)) => Ok((other.name().into(), Vec::new())),
        Ok(Line::Blank) => Ok(("blank".into(), Vec::new())),
        Err(error) => Err(error.kind()),
    }
}

fn parsed(format: &JsonFormat, line: &[u8], fields: &[Field]) -> Seen {
    seen(format.parse(line, &mut Spans::new()), fields)
}

fn scanned(format: &JsonFormat, block: &[u8], fields: &[Field]) -> Vec<Seen> {
    let mut out = Vec::new();
    let mut end = 0;
    format.scanner(FieldSet::of(fields)).scan(block, &mut |line, offset, result| {
        assert_eq!(block.get(offset..offset + line.len()), Some(line));
        assert!(offset >= end, "lines come in order");
        end = offset + line.len();
        out.push(seen(result, fields));
    });
    out
}

/// `field` of the one access line.
fn value(format: &JsonFormat, line: &str, field: Field) -> Option<String> {
    let mut spans = Spans::new();
    let Ok(Line::Access(record)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{line}") };
    record.raw(field).map(|raw| String::from_utf8_lossy(raw).into_owned())
}

fn plain(paths: &[&str]) -> JsonFormat {
    let fields = [Field::Status, Field::Method, Field::Target, Field::Host, Field::Upstream, Field::Reason];
    let columns =
        paths.iter().zip(fields).map(|(&path, field)| (path.into(), Column::new(path, field, Kind::Text)));
    JsonFormat::new("plain", Product::Custom, TimeMeaning::End, columns.collect()).unwrap()
}

#[test]
fn every_preset_can_be_built() {
    for name in JsonFormat::PRESETS {
        let format = JsonFormat::preset(name).unwrap();
        assert_eq!(format.name(), *name);
        assert!(format.schema().has(Field::Time) && format.schema().has(Field::Status), "{name}");
    }
}

#[test]
fn what_proxies_write() {
    let format = plain(&["status", "m", "t"]);
    let cases: &[(&str, &str, Option<&str>, u32)] = &[
        // nginx with numbers that nobody quoted
        (r#"{"status":200,"m":,"t":"/"}"#, "m", None, 1),
        (r#"{"status":200,"t":"/","m":}"#, "m", None, 1),
        (r#"{"status":009,"m":"x"}"#, "s", Some("009"), 1),
        (r#"{"status":200,"m":0.001, 0.002,"t":"/"}"#, "m", Some("0.001, 0.002"), 1),
        (r#"{"status":200,"m":0.001, 0.002}"#, "m", Some("0.001, 0.002"), 1),
        (r#"{"status": 502, "m": 0.001, - : 0.002 , "t": 1}"#, "m", Some("0.001, - : 0.002"), 1),
        (r#"{"status":200,"m":"a\x22b","t":"/"}"#, "m", Some(r"a\x22b"), 1),
        (r#"{"status":200,"m":-,"t":"/"}"#, "m", None, 1),
        // quotes nobody escaped
        (r#"{"status":200,"m":"x" 500 0 "-" "evil","t":"/"}"#, "m", Some(r#"x" 500 0 "-" "evil"#), 1),
        (r#"{"status":200,"t":"/","m":"say "hi", ok"}"#, "m", Some(r#"say "hi", ok"#), 1),
        (r#"{"status":200,"m":"ends in \","t":"/"}"#, "m", Some(r"ends in \"), 2),
        // arrays around and within
        (r#"[{"status":200,"m":1},"#, "m", Some("1"), 1),
        (r#" , {"status":200,"m":1} ]"#, "m", Some("1"), 1),
        (r#"{"status":200,"m":1,}"#, "m", Some("1"), 1),
        (r#"{"x":["a","b",{"status":404},[],{}],"status":200,"m":"1"}"#, "s", Some("200"), 0),
        // absent, empty, twice
        (r#"{"status":200,"m":null}"#, "m", None, 0),
        (r#"{"status":200,"m":""}"#, "m", Some(""), 0),
        (r#"{"status":200,"m":{"t":1},"t":[2]}"#, "t", None, 0),
        (r#"{"status":500,"m":1,"status":200}"#, "s", Some("200"), 0),
        (r#"{"status":200,"m":"x","m":null}"#, "m", None, 0),
        (r#"{ "status" : 200 , "m" : true }"#, "m", Some("true"), 0),
    ];
    for (line, field, expected, defects) in cases {
        let field = match *field {
            "s" => Field::Status,
            "m" => Field::Method,
            _ => Field::Target,
        };
        assert_eq!(value(&format, line, field).as_deref(), *expected, "{line}");
        assert_eq!(format.defects(line.as_bytes()), Ok(*defects), "{line}");
    }
}

#[test]
fn what_is_refused() {
    let format = plain(&["status", "m", "t"]);
    let deep = |depth: usize| format!(r#"{{"status":200,"x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let cases: &[(&str, usize)] = &[
        (r#"{"status":200"#, 13),
        (r#"{"status":200,"#, 14),
        (r#"{"status":200,"m":"x"#, 20),
        (r#"{"status":200} {"status":200}"#, 15),
        (r#"{"status":200}x"#, 14),
        (r#"{"status":200,"x":[1}"#, 20),
        (r#"{"status":200,,"m":1}"#, 14),
        ("200", 0),
        (r#""status":200"#, 0),
        ("{status:200}", 1),
        // One reading would swallow the key, the other would invent one.
        (r#"{"m":"a"b,"status":200,"t":"x"}"#, 7),
        (&deep(32), 49),
    ];
    for (line, offset) in cases {
        let error = format.parse(line.as_bytes(), &mut Spans::new()).map(|_| ()).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (LineErrorKind::Json, *offset), "{line}");
    }
    assert!(format.parse(deep(31).as_bytes(), &mut Spans::new()).is_ok());
    let error = format.parse(br#"{"status":"ok"}"#, &mut Spans::new()).map(|_| ()).unwrap_err();
    assert_eq!((error.kind(), error.offset(), error.column()), (LineErrorKind::Status, 11, 0));
}

#[test]
fn a_torn_line_is_refused_wherever_it_breaks() {
    for (name, log) in
        [("nginx-json", NGINX), ("istio-json", ISTIO), ("caddy", CADDY), ("envoy-json", ENVOY_OTHER)]
    {
        let format = JsonFormat::preset(name).unwrap();
        for line in lines(log) {
            for end in 1..line.len() {
                assert!(format.parse(&line[..end], &mut Spans::new()).is_err(), "{end} {line:?}");
                let block = [line, b"\n", line, b"\n", &line[..end]].concat();
                assert!(scanned(&format, &block, &[Field::Status])[2].is_err(), "{end} {line:?}");
            }
        }
    }
}

/// An object as a JSON library may write it, in one of a few layouts, with values that look like structure.
fn object(random: &mut Random, depth: usize, valid: bool) -> String {
    const KEYS: [&str; 9] =
        ["status", "m", "t", "a", "b", "x.m", "n", "status\\\"", "long_key_of_some_length"];
    const TEXTS: [&str; 14] = [
        "",
        "x",
        "200",
        "-",
        r#"\"status\":500"#,
        r"a\\",
        r#"\\\""#,
        "{\\\"m\\\":1}",
        "},{",
        "[::1]:80",
        "\\u0041\\n",
        "käse",
        "a: b, c",
        "UF{remote_connection_failure}",
    ];
    const NUMBERS: [&str; 6] = ["0", "-1", "200", "1.5", "1e5", "0.001"];
    const RAW: [&str; 8] = ["009", "", "0.1, 0.2", "-", "\"a\" b\"", "\"x\\\"", "\"},{\"", "\"\",\"\""];
    let (colon, comma) = random.pick(&[(":", ","), (":", ","), (": ", ", "), (" : ", " , ")]);
    let mut out = String::from("{");
    for i in 0..random.below(6) {
        if i > 0 {
            out += comma;
        }
        write!(out, "\"{}\"{colon}", random.pick(&KEYS)).unwrap();
        match random.below(if valid { 10 } else { 12 }) {
            0..4 => write!(out, "\"{}\"", random.pick(&TEXTS)).unwrap(),
            4..6 => out += random.pick(&NUMBERS),
            6 => out += random.pick(&["null", "true", "false"]),
            7 | 8 if depth < 3 => out += &object(random, depth + 1, valid),
            9 if depth < 3 => {
                let items: Vec<_> = (0..random.below(3))
                    .map(|_| match random.below(3) {
                        0 => object(random, depth + 1, valid),
                        1 => format!("\"{}\"", random.pick(&TEXTS)),
                        _ => random.pick(&NUMBERS).to_string(),
                    })
                    .collect();
                write!(out, "[{}]", items.join(comma)).unwrap();
            }
            10 | 11 => out += random.pick(&RAW),
            _ => out += "1",
        }
    }
    out + "}"
}

/// nginx writes `""` for what is missing: that nobody was asked is known then.
#[test]
fn keys_without_a_value_are_known() {
    let format = JsonFormat::nginx();
    let mut spans = Spans::new();
    for (line, known) in [
        (r#"{"status":503,"upstream_addr":""}"#, true),
        (r#"{"status":503,"upstream_addr":null}"#, true),
        (r#"{"status":503,"upstream_addr":"-"}"#, true),
        (r#"{"status":503,"request_time":0.1}"#, false),
    ] {
        let Ok(Line::Access(record)) = format.parse(line.as_bytes(), &mut spans) else { panic!("{line}") };
        assert_eq!(record.knows(Field::UpstreamAddr), known, "{line}");
        assert_eq!(record.upstream_addr().map(crate::Value::raw), None, "{line}");
    }
}

#[test]
fn equals_serde_json_on_valid_objects() {
    let format = plain(&["m", "t", "a", "n", "b.m", "x.m"]);
    let mut random = Random(1);
    for _ in 0..20_000 {
        let text = object(&mut random, 0, true);
        let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut spans = vec![crate::record::Span::ABSENT; 6];
        super::walk(text.as_bytes(), &format.paths, |member| {
            if let Some(column) = format.paths.column(member.node) {
                let some =
                    !matches!(member.kind, super::Look::Null | super::Look::Object | super::Look::Array);
                spans[usize::from(column)] = if some {
                    crate::record::Span::new(member.start, member.end)
                } else {
                    crate::record::Span::ABSENT
                };
            }
        })
        .unwrap();
        assert_eq!(format.defects(text.as_bytes()), Ok(0), "{text}");
        for (path, span) in ["m", "t", "a", "n"].iter().zip(&spans) {
            let got = span.of(text.as_bytes()).map(|raw| String::from_utf8_lossy(raw).into_owned());
            let wanted = expected.get(path);
            let same = match (wanted, &got) {
                (Some(serde_json::Value::String(s)), Some(raw)) => {
                    serde_json::from_str::<String>(&format!("\"{raw}\"")).is_ok_and(|text| text == *s)
                }
                (Some(serde_json::Value::Number(n)), Some(raw)) => {
                    serde_json::from_str(raw).ok() == Some(n.clone())
                }
                (Some(serde_json::Value::Bool(b)), Some(raw)) => *raw == b.to_string(),
                (None | Some(_), None) => !matches!(
                    wanted,
                    Some(
                        serde_json::Value::String(_)
                            | serde_json::Value::Number(_)
                            | serde_json::Value::Bool(_)
                    )
                ),
                _ => false,
            };
            assert!(same, "{path} in {text}: {got:?}");
        }
    }
}

/// Lines as one producer writes them: the same keys each time, hostile values, now and then another line.
fn log(random: &mut Random, quoted: bool) -> Vec<u8> {
    let keys =
        [r#""a":"#, r#""status":"#, r#""o":{"m":"#, r#""p":"#, r#""t":"#, r#""h":["x","y"],"u":"#, r#""r":"#];
    let values: &[&str] = if quoted {
        &[
            "\"200\"",
            "200",
            "null",
            "\"\"",
            "\"a\\\"b\"",
            "\"a\\\\\"",
            "\"{\\\"m\\\":1}\"",
            "[1,2]",
            "{}",
            "true",
            "\"-\"",
            "\"N/A\"",
        ]
    } else {
        &[
            "\"200\"",
            "200",
            "",
            "\"a\" b\"",
            "\"a\\\"",
            "0.1, 0.2",
            "\"\",\"x\"",
            "\"},\"",
            "\"}\"",
            "{\"m\":1}",
            "1 : 2",
            "\"\\x22\"",
        ]
    };
    let mut out = Vec::new();
    for _ in 0..12 {
        let mut line = String::from("{");
        for (i, key) in keys.iter().enumerate() {
            if i == 4 {
                line += "}";
            }
            if i > 0 {
                line += ",";
            }
            line += key;
            line += if random.below(8) == 0 { random.pick(values) } else { random.pick(&["\"502\"", "12"]) };
        }
        line += "}";
        match random.below(12) {
            0 => line = object(random, 0, quoted),
            1 => line = line.replace(':', " :"),
            2 => line = line.replace("},", ",").replace('}', "}}"),
            3 => line.push('\r'),
            4 => {
                let at = random.below(line.len());
                line.replace_range(at..=at, random.pick(&["\"", "{", "}", ",", ":", "x", " ", "\\"]));
            }
            5 => {
                let at = random.below(line.len());
                line.insert_str(at, random.pick(&["\"m\":1,", "\"status\" :500,", "\"a", ",", "[", "]"]));
            }
            _ => {}
        }
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out
}

#[test]
fn the_scanner_equals_the_walker() {
    let format = plain(&["status", "o.m", "t", "a", "u", "r", "m", "p.m"]);
    let all = [Field::Status, Field::Method, Field::Target, Field::Host, Field::Upstream, Field::Reason];
    let mut random = Random(3);
    let mut read = 0;
    for round in 0..6000 {
        let block = log(&mut random, round % 2 == 0);
        let fields = &all[random.below(3)..=2 + random.below(4)];
        let got = scanned(&format, &block, fields);
        let lines = lines(&block);
        assert_eq!(got.len(), lines.len());
        for (line, got) in lines.iter().zip(got) {
            let expected = parsed(&format, line, fields);
            if expected.is_ok() {
                read += 1;
                assert_eq!(got, expected, "{}", String::from_utf8_lossy(line));
            }
        }
    }
    assert!(read > 40_000, "{read}");
}

#[test]
fn the_scanner_equals_the_walker_on_real_lines() {
    for (name, log) in [
        ("nginx-json", NGINX),
        ("nginx-json", INGRESS),
        ("nginx-json", NGINX_DEFAULT_ESCAPE),
        ("istio-json", ISTIO),
        ("envoy-json", ENVOY_OTHER),
        ("caddy", CADDY),
    ] {
        let format = JsonFormat::preset(name).unwrap();
        // Twice: the second time by shape.
        let block = [log, log].concat();
        for wanted in [Field::ALL, &[Field::Time, Field::Status], &[Field::UpstreamAddr, Field::Duration]] {
            let expected: Vec<_> =
                lines(&block).into_iter().map(|line| parsed(&format, line, wanted)).collect();
            assert_eq!(scanned(&format, &block, wanted), expected, "{name}");
        }
    }
}

#[test]
fn a_line_of_any_length_and_place() {
    let format = plain(&["status", "m"]);
    let mut block = Vec::new();
    for length in [0, 1, 60, 63, 64, 65, 128 << 10, (128 << 10) - 30, 300_000] {
        block.extend_from_slice(format!(r#"{{"status":200,"m":"{}"}}"#, "x".repeat(length)).as_bytes());
        block.extend_from_slice(b"\n\n \r\n");
    }
    block.extend_from_slice(br#"{"status":201,"m":"end"}"#);
    let fields = [Field::Status, Field::Method];
    let expected: Vec<_> = lines(&block).into_iter().map(|line| parsed(&format, line, &fields)).collect();
    assert_eq!(scanned(&format, &block, &fields), expected);
    assert_eq!(expected.iter().filter(|seen| matches!(seen, Ok((kind, _)) if kind == "access")).count(), 10);
}

#[test]
fn keys_of_any_length() {
    let fields = [Field::Status, Field::Method, Field::Target];
    for length in [1, 40, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 118, 119, 120, 121, 300, 70_000] {
        let key = "k".repeat(length);
        let format = plain(&["status", &key, "t"]);
        let line = |key: &str| format!("{{\"status\":200,\"{key}\":\"v\",\"t\":\"x\"}}\n");
        // Known after the first two; then the key differs in one byte, at either end or near where parts of it meet.
        let mut block = line(&key).repeat(3);
        for at in [0, 1, 55, 56, 57, 58, 59, 60, 61, 62, 63, 119, 120].into_iter().filter(|&at| at < length) {
            for at in [at, length - 1 - at] {
                let mut other = key.clone();
                other.replace_range(at..=at, "l");
                block += &line(&other);
                block += &line(&key);
            }
        }
        let block = block.as_bytes();
        let expected: Vec<_> = lines(block).into_iter().map(|line| parsed(&format, line, &fields)).collect();
        assert_eq!(scanned(&format, block, &fields), expected, "{length}");
    }
}

/// Kinds of the lines of a log, in order.
fn kinds(name: &str, log: &[u8]) -> Vec<String> {
    let format = JsonFormat::preset(name).unwrap();
    let kind = |line| parsed(&format, line, &[]).map_or_else(|error| error.name().into(), |(kind, _)| kind);
    lines(log).into_iter().map(kind).collect()
}

#[test]
fn which_lines_are_access_records() {
    assert!(kinds("nginx-json", NGINX).iter().all(|kind| kind == "access"));
    assert!(kinds("nginx-json", NGINX_DEFAULT_ESCAPE).iter().all(|kind| kind == "access"));
    assert!(kinds("nginx-json", INGRESS).iter().all(|kind| kind == "access"));
    assert!(kinds("istio-json", ISTIO).iter().all(|kind| kind == "access"));
    assert_eq!(
        kinds("envoy-json", ENVOY_OTHER).join(" "),
        "not_final access not_final connection connection connection not_final access connection not_final"
    );
    assert!(kinds("caddy", CADDY).iter().all(|kind| kind == "access"));
    let error = r#"{"level":"error","ts":1795332336.1,"logger":"http.log.error.log0","msg":"EOF","request":{"method":"GET","host":"lab","uri":"/"},"duration":0.0004,"status":502,"err_id":"x"}"#;
    assert_eq!(kinds("caddy", error.as_bytes()), ["error_log"]);
    let mixed = r#"
{"level":"info","ts":1761019822.31,"msg":"maxprocs: Leaving GOMAXPROCS=12"}
[
]
{"level":"info","msg":"Configuration loaded from flags.","time":"2024-04-15T13:26:33Z"}"#;
    assert_eq!(kinds("caddy", mixed.as_bytes()).join(" "), "blank foreign header header foreign");
    assert_eq!(kinds("traefik-json", mixed.as_bytes()).join(" "), "blank foreign header header foreign");
    assert_eq!(kinds("nginx-json", mixed.as_bytes()).join(" "), "blank foreign header header foreign");
}

#[test]
fn a_line_that_only_looks_like_json() {
    // Envoy Gateway's default is text: nothing is escaped.
    let format = JsonFormat::envoy();
    let line = r#"{"start_time":"2026-11-22T07:23:30.120Z","method":"GET","x-envoy-origin-path":"/a"b\c","protocol":"HTTP/1.1","response_code":"503","response_flags":"UF","user-agent":"x" 500 0 "-" "evil\",":authority":"lab.local","upstream_host":"127.0.0.1:28099","route_name":"r"}"#.replace("\\\\", "\\");
    assert_eq!(value(&format, &line, Field::Status).as_deref(), Some("503"));
    assert_eq!(value(&format, &line, Field::Target).as_deref(), Some(r#"/a"b\c"#));
    assert_eq!(value(&format, &line, Field::UserAgent).as_deref(), Some(r#"x" 500 0 "-" "evil\"#));
    assert_eq!(value(&format, &line, Field::Host).as_deref(), Some("lab.local"));
}

#[test]
fn a_field_map_of_ones_own() {
    let format =
        JsonFormat::custom(" time = ts , status=resp.code,status=http.status,duration_us=took").unwrap();
    let line = r#"{"http.status":"504","took":1500,"ts":"2026-11-22T07:23:30Z"}"#;
    assert_eq!(value(&format, line, Field::Status).as_deref(), Some("504"));
    let mut spans = Spans::new();
    let Ok(Line::Access(record)) = format.parse(line.as_bytes(), &mut spans) else { panic!() };
    assert_eq!(record.value(Field::Duration).unwrap().micros(), Some(1500));

    let cases: &[(&str, Range<usize>, &str)] = &[
        ("", 0..0, "expected field=path"),
        ("status", 0..6, "expected field=path"),
        ("status=s,,time=t", 9..9, "expected field=path"),
        ("status=s, statsu =t", 10..16, "`statsu` is no field; known are time, start_time"),
        ("status=s,method_ms=m", 9..18, "`method` has no unit"),
        ("status=", 7..7, "a path is keys joined by dots"),
        ("status=a..b", 7..11, "a path is keys joined by dots"),
        ("status=a\"b", 7..10, "a key of a path has no quote"),
    ];
    for (map, range, message) in cases {
        let error = JsonFormat::custom(map).unwrap_err();
        assert_eq!(error.range(), *range, "{map}: {error}");
        assert!(error.message().starts_with(message), "{error}");
    }
}

#[test]
fn fitted_keeps_what_is_written() {
    let format = JsonFormat::nginx();
    let fitted = format.fitted(lines(NGINX_DEFAULT_ESCAPE)).unwrap();
    assert!(fitted.schema().has(Field::UpstreamStatus) && !fitted.schema().has(Field::UpstreamHeaderTime));
    assert_eq!(fitted.schema().columns().len(), 5);
    assert!(format.fitted([&b"no json"[..]]).is_none());
}

#[test]
fn clouds_and_traefik() {
    type Case = (&'static str, &'static str, &'static [(Field, Option<&'static str>)]);
    let cases: &[Case] = &[
        (
            "gcp",
            r#"{"insertId":"1","jsonPayload":{"@type":"type.googleapis.com/google.cloud.loadbalancing.type.LoadBalancerLogEntry","statusDetails":"failed_to_pick_backend"},"httpRequest":{"requestMethod":"GET","requestUrl":"http://lb.example/","requestSize":"577","status":502,"responseSize":"157","remoteIp":"203.0.113.7","latency":"0.010999s"},"resource":{"type":"http_load_balancer","labels":{"zone":"global","backend_service_name":""}},"timestamp":"2026-11-22T07:12:27.078651Z"}"#,
            &[
                (Field::Status, Some("502")),
                (Field::Reason, Some("failed_to_pick_backend")),
                (Field::Upstream, None),
                (Field::Zone, Some("global")),
                (Field::BytesSent, Some("157")),
            ],
        ),
        (
            "azure-appgw",
            r#"{"timeStamp":"2026-11-22T07:12:27+00:00","backendPoolName":"pool","properties":{"clientIP":"203.0.113.7","httpMethod":"GET","requestUri":"\/a","httpStatus":502,"timeTaken":0.034,"serverRouted":"10.0.0.4:80","serverStatus":"","error_info":"ERRORINFO_UPSTREAM_NO_LIVE"}}"#,
            &[
                (Field::Status, Some("502")),
                (Field::Upstream, Some("pool")),
                (Field::UpstreamAddr, Some("10.0.0.4:80")),
                (Field::UpstreamStatus, None),
                (Field::Reason, Some("ERRORINFO_UPSTREAM_NO_LIVE")),
            ],
        ),
        (
            "azure-appgw-v1",
            r#"{"time":"2026-11-22T07:12:27Z","properties":{"clientIP":"203.0.113.7","httpStatus":404,"timeTaken":205,"requestQuery":"X-AzureApplicationGateway-CACHE-HIT=0&SERVER-ROUTED=10.4.0.4&SERVER-STATUS=404"}}"#,
            &[(Field::UpstreamAddr, Some("10.4.0.4")), (Field::UpstreamStatus, Some("404"))],
        ),
        (
            "azure-frontdoor",
            r#"{"category":"FrontDoorAccessLog","properties":{"httpStatusCode":"0","originName":"N/A","errorInfo":"OriginTimeout","timeTaken":"60.1","isReceivedFromClient":true},"time":"2026-11-22T07:12:27.6479719Z"}"#,
            &[(Field::Status, Some("0")), (Field::Upstream, None), (Field::Reason, Some("OriginTimeout"))],
        ),
        (
            "cloudflare",
            r#"{"ClientIP":"203.0.113.7","EdgeResponseStatus":521,"EdgeStartTimestamp":1795331547678000000,"OriginIP":"","OriginResponseStatus":0,"ParentRayID":"00","RayID":"5"}"#,
            &[
                (Field::Status, Some("521")),
                (Field::UpstreamAddr, None),
                (Field::Time, Some("1795331547678000000")),
            ],
        ),
        (
            "traefik-json",
            r#"{"ClientHost":"203.0.113.7","DownstreamContentSize":21,"DownstreamStatus":499,"Duration":5800170,"OriginStatus":499,"ServiceName":"app@file","ServiceURL":{"Scheme":"https","User":null,"Host":"198.51.100.3","Path":""},"StartUTC":"2020-12-17T13:12:33.13301558Z","level":"info","msg":"","time":"2020-12-17T14:12:33+01:00"}"#,
            &[
                (Field::Upstream, Some("app@file")),
                (Field::UpstreamAddr, Some("198.51.100.3")),
                (Field::Time, Some("2020-12-17T13:12:33.13301558Z")),
            ],
        ),
    ];
    for (name, line, expected) in cases {
        let format = JsonFormat::preset(name).unwrap();
        for (field, text) in *expected {
            assert_eq!(value(&format, line, *field).as_deref(), *text, "{name} {}", field.name());
        }
        let fields: Vec<_> = expected.iter().map(|(field, _)| *field).collect();
        let block = format!("{line}\n{line}\n");
        assert_eq!(scanned(&format, block.as_bytes(), &fields)[1], parsed(&format, line.as_bytes(), &fields));
    }
    for (name, line, other) in [
        (
            "azure-appgw",
            r#"{"category":"ApplicationGatewayFirewallLog","time":"2026-11-22T07:12:27Z","properties":{"requestUri":"/"}}"#,
            Other::Firewall,
        ),
        (
            "azure-frontdoor",
            r#"{"properties":{"httpStatusCode":"200","isReceivedFromClient":false}}"#,
            Other::NotFinal,
        ),
        ("azure-appgw", r#"{"properties":{"httpStatus":200,"clientIP":"127.0.0.1"}}"#, Other::Event),
        ("gcp", r#"{"timestamp":"2026-11-22T07:12:27Z","textPayload":"started"}"#, Other::Foreign),
    ] {
        assert_eq!(kinds(name, line.as_bytes()), [other.name()], "{line}");
    }
}

/// The whole record behind a projected one is the walker's.
#[test]
fn a_projected_record_is_made_whole() {
    for (preset, log) in
        [("istio-json", ISTIO), ("envoy-json", ENVOY_OTHER), ("nginx-json", NGINX), ("caddy", CADDY)]
    {
        let format = JsonFormat::preset(preset).unwrap();
        // Often enough for every shape to be learned.
        let block = [log; 8].concat();
        let (mut spans, mut again) = (Spans::new(), Spans::new());
        let mut records = 0;
        format.scanner(FieldSet::of(&[Field::Status])).scan(&block, &mut |line, _, result| {
            let Ok(Line::Access(record)) = result else { return };
            let Ok(Line::Access(expected)) = format.parse(line, &mut again) else { panic!("{preset}") };
            let whole = record.whole(&mut spans);
            for column in 0..format.schema().columns().len() {
                let raw = |record: &crate::Record<'_>| record.column(column).map(|v| v.raw().to_vec());
                assert_eq!(raw(&whole), raw(&expected), "{preset}: {}", line.escape_ascii());
            }
            assert!(Field::ALL.iter().all(|&f| whole.knows(f) == expected.knows(f)), "{preset}");
            records += 1;
        });
        assert!(records >= 8, "{preset}");
    }
}
