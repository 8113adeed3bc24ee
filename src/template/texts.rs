//! Format texts in the small: escapes, flags, quotes, joints, bounds.

use super::Template;
use super::{apache, haproxy, nginx};
use crate::escape::Escape;
use crate::format::Format;
use crate::schema::Product;

/// A tab may be written as `\t`; a line break is no part of a line, however it is written.
#[test]
fn escapes_of_configuration_files() {
    let nginx = |text: &str| nginx::parse(text).map(|pattern| pattern.print());
    let tab = nginx("log_format main '$status\t$host';").unwrap();
    assert_eq!(nginx(r"log_format main '$status\t$host';").unwrap(), tab);
    assert_eq!(nginx(r"log_format main $status\t$host;").unwrap(), tab);
    // the backslash before a blank stays, and the blank does not end the word
    let blank = nginx(r"log_format main '$status\ $host';").unwrap();
    assert_eq!(nginx(r"log_format main $status\ $host;").unwrap(), blank);
    let haproxy = |text: &str| haproxy::parse(text).map(|pattern| pattern.print());
    let tab = haproxy("log-format \"%ST\t%Ts\"").unwrap();
    assert_eq!(haproxy(r#"log-format "%ST\t%Ts""#).unwrap(), tab);
    assert_eq!(haproxy(r"log-format %ST\t%Ts").unwrap(), tab);
    let middle = nginx("log_format main '$status\r$host';").unwrap();
    assert_eq!(nginx(r"log_format main '$status\r$host';").unwrap(), middle);
    let middle = haproxy("log-format \"%ST\r%Ts\"").unwrap();
    assert_eq!(haproxy(r#"log-format "%ST\r%Ts""#).unwrap(), middle);
    let error = nginx(r"log_format main '$status\n$host';").unwrap_err();
    assert!(error.message().contains("line break"), "{error}");
    let error = haproxy(r#"log-format "%ST\n%Ts""#).unwrap_err();
    assert!(error.message().contains("line break"), "{error}");
}

#[test]
fn places_of_mistakes() {
    let error = nginx::parse("log_format \"main\";").unwrap_err();
    assert_eq!(error.range(), 0..17, "{error}");
    let error = apache::parse("%>é %t").unwrap_err();
    assert_eq!(error.range(), 0..4, "{error}");
    let error = haproxy::parse("%{+cbor}ST %Ts").unwrap_err();
    assert_eq!(error.range(), 1..8, "{error}");
}

/// `-E` takes from one item what `+E` gave to all; what changes only how numbers are written changes nothing here.
#[test]
fn flags_of_haproxy() {
    let escapes = |text: &str| {
        let format = Template::haproxy(text).unwrap();
        format.schema().columns().iter().map(|c| c.escape == Escape::None).collect::<Vec<_>>()
    };
    assert_eq!(escapes("%{+E}o %b|%s|%Ts")[..2], [false, false]);
    assert_eq!(escapes("%{+E}o %{-E}b|%s|%Ts")[..2], [true, false]);
    let plain = haproxy::parse("%b|%Ts").unwrap().print();
    for flags in ["+X", "-X", "+M", "-M", "+X,-M"] {
        assert_eq!(haproxy::parse(&format!("%{{{flags}}}b|%Ts")).unwrap().print(), plain, "{flags}");
    }
}

/// A bracket in quotes or behind a backslash does not close an expression.
#[test]
fn expressions_of_haproxy() {
    for inside in [r#"str("a]b")"#, "str('a]b')", r"str(a\]b)", r#"str("it's ]")"#, r#"str("a\"]b")"#] {
        let format = Template::haproxy(&format!("%[{inside}]|%Ts")).unwrap();
        assert_eq!(format.schema().columns().len(), 2, "{inside}");
    }
    assert!(Template::haproxy("%[str(\"a]|%Ts").is_err(), "never closed");
    // the comma of an argument begins no converter
    let field =
        |text: &str| Template::haproxy(&format!("%[{text}]|%Ts")).unwrap().schema().columns()[0].field;
    assert_eq!(field("req.hdr(host,1)"), crate::Field::Host);
    assert_eq!(field("req.hdr(host,1),field(2,:)"), crate::Field::Other);
    assert_eq!(field("src,lower"), crate::Field::Client);
    assert_eq!(field("src,map(a)"), crate::Field::Other);
}

/// Items of one stamp are joined over up to two signs; letters, quotes and more are no joint.
#[test]
fn stamps_of_apache() {
    let columns = |text: &str| apache::parse(&format!("%>s {text}")).unwrap().columns.len() - 1;
    for joined in ["%{%F}t %{%T}t", "%{%F}t%{%T}t", "%{%F}t, %{%T}t", "%{begin:%F}t %{begin:%T}t"] {
        assert_eq!(columns(joined), 1, "{joined}");
    }
    for apart in
        ["%{%F}t - %{%T}t", "%{%F}t\"%{%T}t", "%{%F}tat%{%T}t", "%{begin:%F}t %{end:%T}t", "%{%F}t %h %{%T}t"]
    {
        assert!(columns(apart) > 1, "{apart}");
    }
    assert_eq!(apache::parse("%<s %>s %t").unwrap().columns.len(), 3);
}

#[test]
fn texts_that_are_objects() {
    let product = |language: &str, value: &str| {
        Template::json_fields(language, &format!("{{\"a\": \"{value}\"}}")).map(|map| map.product)
    };
    assert_eq!(product("nginx", "$status"), Some(Product::Nginx));
    assert_eq!(product("envoy", "%RESPONSE_CODE%"), Some(Product::Envoy));
    assert_eq!(product("apache", "%>s"), Some(Product::Apache));
    assert_eq!(product("haproxy", "%ST"), Some(Product::Haproxy));
    assert_eq!(product("iis", "sc-status"), None);
}

#[test]
fn as_many_columns_as_a_schema_holds() {
    let columns = |n: usize| Template::nginx(&"$a ".repeat(n)).map(|f| f.schema().columns().len());
    assert_eq!(columns(250).unwrap(), 250);
    assert!(columns(251).is_err() && columns(252).is_err());
}
