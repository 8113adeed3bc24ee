use super::{json_fields, parse};
use crate::template::{builtin, hostile};

#[test]
fn the_formats_that_come_with_haproxy() {
    let cases = [
        (
            builtin::HAPROXY_HTTP,
            r#"<%ci:%cp> ' [' <%tr> '] ' <%ft> ' ' <%b> '/' <%s> ' ' <%TR> '/' <%Tw> '/' <%Tc> '/' <%Tr> '/' <%Ta> ' ' <%ST> ' ' <%B> ' ' <%CC> ' ' <%CS> ' ' <%tsc> ' ' <%ac> '/' <%fc> '/' <%bc> '/' <%sc> '/' <%rc> ' ' <%sq> '/' <%bq> ' ' <%hr> ' ' <%hs> ' "' <%r> '"'"#,
        ),
        (
            builtin::HAPROXY_TCP,
            r"<%ci:%cp> ' [' <%t> '] ' <%ft> ' ' <%b> '/' <%s> ' ' <%Tw> '/' <%Tc> '/' <%Tt> ' ' <%B> ' ' <%ts> ' ' <%ac> '/' <%fc> '/' <%bc> '/' <%sc> '/' <%rc> ' ' <%sq> '/' <%bq>",
        ),
        (
            builtin::HAPROXY_CLF,
            r#"<%ci> ' - - [' <%trg> '] "' <%r> '" ' <%ST> ' ' <%B> ' "" "" ' <%cp> ' ' <%ms> ' "' <%ft> '" "' <%b> '" "' <%s> '" ' <%TR> ' ' <%Tw> ' ' <%Tc> ' ' <%Tr> ' ' <%Ta> ' ' <%tsc> ' ' <%ac> ' ' <%fc> ' ' <%bc> ' ' <%sc> ' ' <%rc> ' ' <%sq> ' ' <%bq> ' "' <%CC> '" "' <%CS> '" ' <%hrl %hsl>"#,
        ),
    ];
    for (text, want) in cases {
        assert_eq!(parse(text).unwrap().print(), want);
    }
    let https = parse(builtin::HAPROXY_HTTPS).unwrap();
    assert!(https.print().ends_with(
        r#"<%r> '" ' <%[fc_err]> '/' <%[ssl_fc_err,hex]> '/' <%[ssl_c_err]> '/' <%[ssl_c_ca_err]> '/' <%[ssl_fc_is_resumed]> ' ' <%[ssl_fc_sni]> '/' <%sslv> '/' <%sslc>"#
    ));
    let clf = parse(builtin::HAPROXY_CLF).unwrap();
    assert_eq!(clf.describe("%hrl %hsl"), "other Text Hash Rest");
    assert_eq!(clf.required, clf.columns.len() - 1);
}

#[test]
fn what_aliases_mean() {
    let http = parse(builtin::HAPROXY_HTTP).unwrap();
    let cases = [
        ("%ci:%cp", "client Address None Token"),
        ("%tr", "time Time(ClfMillis) None Token"),
        ("%ft", "frontend Text None Token"),
        ("%b", "upstream Text None Token"),
        ("%s", "upstream_addr Text None Token"),
        ("%TR", "request_time Duration(Millis) None Token"),
        ("%Tw", "queue_time Duration(Millis) None Token"),
        ("%Tc", "upstream_connect_time Duration(Millis) None Token"),
        ("%Tr", "upstream_header_time Duration(Millis) None Token"),
        ("%Ta", "duration Duration(Millis) None Token"),
        ("%ST", "status Status None Token"),
        ("%B", "bytes_sent Integer None Token"),
        ("%CC", "other Text None Cookie"),
        ("%CS", "other Text None Cookie"),
        ("%tsc", "reason Text None Token"),
        ("%rc", "retries Integer None Token"),
        ("%hr", "other Text Hash Captures"),
        ("%hs", "other Text Hash Captures"),
        ("%r", "request Request Hash Text"),
    ];
    for (name, want) in cases {
        assert_eq!(http.describe(name), want, "{name}");
    }
    let own = r#"%s %si:%sp %ts--%Tt %trg %Ts %HM "%HP%HQ" %HV %{+E}[var(txn.x)] "%[req.hdr(User-Agent),json(utf8s)]" %[req.hdr(host),lower] %[src,ipmask(24)] %ID"#;
    let own = parse(own).unwrap();
    let cases = [
        ("%si:%sp", "other Address None Token"),
        ("%ts", "reason Text None Token"),
        ("%Tt", "duration Duration(Millis) None Token"),
        ("%trg", "time Time(Clf) None Text"),
        ("%Ts", "time Time(EpochSeconds) None Token"),
        ("%HM", "method Text Hash Token"),
        ("%HP+%HQ", "target Text Hash Text"),
        ("%[var(txn.x)]", "other Text Backslash Text"),
        ("%[req.hdr(User-Agent),json(utf8s)]", "user_agent Text Json Text"),
        ("%[req.hdr(host),lower]", "host Text None Text"),
        ("%[src,ipmask(24)]", "other Text None Text"),
        ("%ID", "request_id Text None Rest"),
    ];
    for (name, want) in cases {
        assert_eq!(own.describe(name), want, "{name}");
    }
}

#[test]
fn the_language() {
    let cases = [
        (r"%ci\ [%tr]\ %{+Q}r", r#"<%ci> ' [' <%tr> '] "' <%r> '"'"#),
        ("log-format \"%ci [%tr] %{+Q}r\" # comment", r#"<%ci> ' [' <%tr> '] "' <%r> '"'"#),
        ("frontend f\n  log-format '%ci [%tr] \"%r\"'\n", r#"<%ci> ' [' <%tr> '] "' <%r> '"'"#),
        (r"log-format %ci\ [%tr]\ %{+Q}r", r#"<%ci> ' [' <%tr> '] "' <%r> '"'"#),
        (r#""%ci \"%r\"""#, r#"<%ci> ' "' <%r> '"'"#),
        (r#"'{"a":"%ci"}'"#, r#"'{"a":"' <%ci> '"}'"#),
        ("  %ci    a  %%  %cp ", "<%ci> ' a % ' <%cp>"),
        ("%{+Q}o  %ci %{-Q}ft %ST", r#"'"' <%ci> '" ' <%ft> ' ' <%ST>"#),
        ("%{+Q,+E}[str(\"a]b\")] x", "'\"' <%[str(\"a]b\")]> '\" x'"),
        ("%(name:str){+Q}ft %(n)ST %{+Q}(m)b", r#"'"' <%ft> '" ' <%ST> ' "' <%b> '"'"#),
        ("%future x", "<%future> ' x'"),
    ];
    for (text, want) in cases {
        match parse(text) {
            Ok(pattern) => assert_eq!(pattern.print(), want, "{text}"),
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

#[test]
fn mistakes_have_a_place() {
    let cases = [
        ("100% ", 3..4, "an alias"),
        ("%ci %-x", 4..6, "an alias"),
        ("%{+Q", 1..4, "`{` is not closed"),
        ("%(a", 1..3, "`(` is not closed"),
        ("%ci %[req.hdr(x)", 5..16, "`[` is not closed"),
        ("%{+Z}r", 1..5, "unknown flag"),
        ("%{+cbor}o %ci", 1..8, "binary"),
        ("log-format %ci [%tr]", 14..15, "outside of quotes"),
        ("log-format \"%ci", 11..15, "not closed"),
        ("log-format \"%ci \\\"%é\\\"\"", 18..21, "an alias"),
        ("plain", 0..5, "no variables"),
        ("%{+json}o %(st)ST", 0..17, "read by key"),
    ];
    for (text, range, message) in cases {
        let error = parse(text).expect_err(text);
        assert_eq!(error.range(), range, "{text}: {error}");
        assert!(error.message().contains(message), "{text}: {error}");
    }
}

#[test]
fn json_objects() {
    let list = |text: &str| -> Vec<String> {
        let fields = json_fields(text).unwrap_or_default();
        fields.iter().map(|(path, c)| format!("{path}={} {:?}", c.name, c.escape)).collect()
    };
    assert_eq!(
        list("%{+json}o %(st)ST %ci %(ua:str)[req.hdr(user-agent)]"),
        ["st=%ST Json", "ua=%[req.hdr(user-agent)] Json"]
    );
    assert_eq!(
        list(r#"log-format '{"t":"%tr","si":"%si:%sp","st":%ST,"r":%{+Q}r}'"#),
        ["t=%tr None", "si=%si:%sp None", "st=%ST None", "r=%r Hash"]
    );
    assert_eq!(json_fields(builtin::HAPROXY_HTTP), None);
}

#[test]
fn hostile_texts() {
    let texts = [
        builtin::HAPROXY_HTTPS,
        builtin::HAPROXY_CLF,
        r#"log-format "%{+Q,-E}o %(n:int)ST \"%[req.hdr(a),json(\"u]\")]\" %%" # x"#,
        r"%ci\ 'a' %{+json}o%(a)b",
    ];
    hostile::survive(&texts, |text| {
        json_fields(text);
        parse(text)
    });
}
