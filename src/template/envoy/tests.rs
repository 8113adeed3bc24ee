use super::{json_fields, parse};
use crate::schema::TimeMeaning;
use crate::template::pattern::{Pattern, Piece};
use crate::template::{builtin, hostile};

#[test]
fn the_language() {
    let cases = [
        ("%PROTOCOL%", "<PROTOCOL>"),
        ("a%%b %PROTOCOL%%%", "'a%b ' <PROTOCOL> '%'"),
        ("%REQ(X?:PATH):12% x", "<REQ(X?:PATH)> ' x'"),
        ("[%START_TIME(%Y/%m %s.%3f)%] -", "'[' <START_TIME(%Y/%m %s.%3f)> '] -'"),
        ("%PROTOCOL%\\n", "<PROTOCOL>"),
        ("%PROTOCOL%\n", "<PROTOCOL>"),
        ("%FILTER_STATE(a.b:PLAIN)% %NEW_ONE()%", "<FILTER_STATE(a.b:PLAIN)> ' ' <NEW_ONE()>"),
    ];
    for (text, want) in cases {
        assert_eq!(parse(text).unwrap().print(), want, "{text}");
    }
}

#[test]
fn mistakes_have_a_place() {
    let cases = [
        ("100% %PROTOCOL%", 3..5, "capitals"),
        ("%protocol%", 0..2, "capitals"),
        ("%PROTOCOL% %", 11..12, "capitals"),
        ("%PROTOCOL% %é", 11..14, "capitals"),
        ("%PROTOCOL", 0..9, "not closed"),
        ("a %PROTO COL%", 2..9, "not closed"),
        ("%REQ(A% b", 4..9, "`(` is not closed"),
        ("%REQ(A):x%", 7..9, "digits"),
        ("%REQ(A):%", 7..9, "digits"),
        ("%REQ(A)b%", 0..8, "not closed"),
        ("plain", 0..5, "no variables"),
        ("%PROTOCOL%\n%DURATION%", 10..11, "line break"),
        ("%RESPONSE_CODE%%DURATION%", 0..25, "nothing separates"),
    ];
    for (text, range, message) in cases {
        let error = parse(text).expect_err(text);
        assert_eq!(error.range(), range, "{text}: {error}");
        assert!(error.message().contains(message), "{text}: {error}");
    }
}

#[test]
fn the_default_format() {
    let pattern = parse(builtin::ENVOY_DEFAULT).unwrap();
    assert_eq!(
        pattern.print(),
        r#"'[' <START_TIME> '] "' <REQ(:METHOD)> ' ' <REQ(X-ENVOY-ORIGINAL-PATH?:PATH)> ' ' <PROTOCOL> '" ' <RESPONSE_CODE> ' ' <RESPONSE_FLAGS> ' ' <BYTES_RECEIVED> ' ' <BYTES_SENT> ' ' <DURATION> ' ' <RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)> ' "' <REQ(X-FORWARDED-FOR)> '" "' <REQ(USER-AGENT)> '" "' <REQ(X-REQUEST-ID)> '" "' <REQ(:AUTHORITY)> '" "' <UPSTREAM_HOST> '"'"#
    );
    let newer =
        builtin::ENVOY_DEFAULT.replace("REQ(", "REQUEST_HEADER(").replace("RESP(", "RESPONSE_HEADER(");
    let newer = parse(&newer).unwrap();
    let meanings = |p: &crate::template::Pattern| {
        p.columns.iter().map(|c| (c.field, c.kind.clone())).collect::<Vec<_>>()
    };
    assert_eq!(meanings(&pattern), meanings(&newer));
    assert_eq!(pattern.shapes, newer.shapes);
    assert_eq!(pattern.time_meaning, TimeMeaning::Start);
}

#[test]
fn what_operators_mean() {
    let text = format!(
        "{} %GRPC_STATUS% %GRPC_STATUS_NUMBER% %START_TIME(%s.%3f)% %START_TIME(%d/%b/%Y:%H:%M:%S %z)% %EMIT_TIME% \
         %COMMON_DURATION(a:b:us)% %RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)% %START_TIME(%H:%M)% %ROUTE_NAME%",
        builtin::ISTIO
    );
    let pattern = parse(&text).unwrap();
    let cases = [
        ("START_TIME", "time Time(Iso) None Token"),
        ("START_TIME(%s.%3f)", "time Time(EpochSeconds) None Token"),
        ("START_TIME(%d/%b/%Y:%H:%M:%S %z)", "time Time(Clf) None Text"),
        ("START_TIME(%H:%M)", "time Time(Strftime(\"%H:%M\")) None Token"),
        ("EMIT_TIME", "other Time(Iso) None Token"),
        ("REQ(:METHOD)", "method Text None Token"),
        ("REQ(X-ENVOY-ORIGINAL-PATH?:PATH)", "target Text None Token"),
        ("PROTOCOL", "protocol Text None Token"),
        ("RESPONSE_CODE", "status Status None Token"),
        ("RESPONSE_FLAGS", "reason Text None Token"),
        ("RESPONSE_CODE_DETAILS", "details Text None Token"),
        ("RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)", "details Text None Text"),
        ("CONNECTION_TERMINATION_DETAILS", "other Text None Text"),
        ("UPSTREAM_TRANSPORT_FAILURE_REASON", "transport_failure Text None Text"),
        ("DURATION", "duration Duration(Millis) None Token"),
        ("COMMON_DURATION(a:b:us)", "other Duration(Micros) None Token"),
        ("RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)", "upstream_header_time Duration(Millis) None Token"),
        ("REQ(X-FORWARDED-FOR)", "forwarded_for Text None Text"),
        ("REQ(:AUTHORITY)", "host Text None Text"),
        ("UPSTREAM_HOST", "upstream_addr Address None Token"),
        ("UPSTREAM_CLUSTER_RAW", "upstream Text None Token"),
        ("DOWNSTREAM_REMOTE_ADDRESS", "client Address None Token"),
        ("REQUESTED_SERVER_NAME", "other Text None Token"),
        ("GRPC_STATUS_NUMBER", "grpc_status Integer None Token"),
        ("GRPC_STATUS", "other Text None Token"),
    ];
    for (name, want) in cases {
        assert_eq!(pattern.describe(name), want, "{name}");
    }
    assert_eq!(parse(builtin::ISTIO).unwrap().describe("ROUTE_NAME"), "other Text None Rest");
    assert_eq!(
        parse("%REQUESTED_SERVER_NAME% -").unwrap().describe("REQUESTED_SERVER_NAME"),
        "host Text None Token"
    );
    assert_eq!(parse("%EMIT_TIME% -").unwrap().time_meaning, TimeMeaning::End);
}

/// Envoy Gateway's default is text that looks like JSON; Istio's JSON is a JSON object: the same template.
#[test]
fn json_templates() {
    let text = r#"{"start_time":"%START_TIME%","response_code":%RESPONSE_CODE%,"ms":"%DURATION%ms","at":{"host":"%UPSTREAM_HOST%"}}"#;
    let positional = parse(text).unwrap();
    assert_eq!(positional.describe("UPSTREAM_HOST"), "upstream_addr Address None Token");
    let fields: Vec<String> = json_fields(text)
        .unwrap()
        .iter()
        .map(|(path, c)| format!("{path}={} {} {:?}", c.name, c.field.name(), c.escape))
        .collect();
    assert_eq!(
        fields,
        [
            "start_time=START_TIME time Json",
            "response_code=RESPONSE_CODE status Json",
            "ms=ms other Json",
            "at.host=UPSTREAM_HOST upstream_addr Json"
        ]
    );
    assert_eq!(json_fields(builtin::ENVOY_DEFAULT), None);
}

#[test]
fn hostile_texts() {
    let texts = [
        builtin::ISTIO,
        "a%%b%START_TIME(%s.%3f)%[%REQ(A?B):12%]\\n",
        r#"{"a":"%REQ(A)%","b":[%DURATION%],"c":{"d":"é"}}"#,
    ];
    hostile::survive_printing(&texts, parse, printed);
    hostile::survive(&texts, |text| {
        json_fields(text);
        parse(text)
    });
}

/// The text of a format, but for neighbours that are one value: their names are joined by what arguments may hold.
fn printed(pattern: &Pattern) -> Option<String> {
    let mut text = String::new();
    for piece in &pattern.pieces {
        match piece {
            Piece::Literal(bytes) => text += &std::str::from_utf8(bytes).ok()?.replace('%', "%%"),
            Piece::Column(i) => {
                let name = &*pattern.columns[*i].name;
                let argument = name.find('(').unwrap_or(name.len());
                let closes = name.find(')').is_none_or(|end| end + 1 == name.len());
                if name[..argument].contains(['+', ':']) || !closes {
                    return None;
                }
                text += &["%", name, "%"].concat();
            }
        }
    }
    // One line end is no part of a format: with it, no other is taken for it.
    Some(text + "\\n")
}
