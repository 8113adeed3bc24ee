//! The shelf: presets by name, a user's own format texts, and recognising the format of a sample.
//!
//! Recognising tries every preset strictly on the first lines and ranks them by how many fit. It never guesses
//! silently: what reads the sample alike is named, and when nothing fits the error says what was tried and why it
//! failed.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::error::{Error, FormatError, LineError, LineErrorKind};
use crate::escape::Sanitized;
use crate::format::{Format, Line};
use crate::input::{self, Framing};
use crate::json::JsonFormat;
use crate::record::Spans;
use crate::schema::{Field, Product, Schema, TimeMeaning};
use crate::template::{Template, builtin};

/// Which format files are in.
#[derive(Debug, Clone, Default)]
#[expect(clippy::large_enum_variant, reason = "there is one for a whole run")]
pub enum Choice {
    /// Recognise each file's.
    #[default]
    Auto,
    /// This one, with whatever framing the file has.
    Known(Known),
    /// A format of the user's own, read as it is.
    Custom(Arc<dyn Format>),
}

/// How lines are read, in whatever format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Refuse lines that go on after the format ended, and check every column.
    pub strict: bool,
    /// Seconds east of UTC of stamps without a zone.
    pub utc_offset: i32,
}

/// A format of this crate.
#[derive(Debug, Clone)]
pub enum Known {
    /// Positional text.
    Text(Template),
    /// JSON lines.
    Json(JsonFormat),
}

impl Known {
    fn ready(self, options: &Options, framing: Framing) -> Arc<dyn Format> {
        let wrapped = framing.is_json() || framing == Framing::Quoted;
        match self {
            Self::Text(t) => {
                let t = t.strict(options.strict).with_utc_offset(options.utc_offset);
                if wrapped { Unwrapping::around(t, framing) } else { Arc::new(t.framed(framing)) }
            }
            Self::Json(j) => {
                let j = j.with_utc_offset(options.utc_offset);
                if framing == Framing::None { Arc::new(j) } else { Unwrapping::around(j, framing) }
            }
        }
    }

    fn format(&self) -> &dyn Format {
        match self {
            Self::Text(t) => t,
            Self::Json(j) => j,
        }
    }
}

impl Choice {
    /// Reads what a command line says: `auto`, a preset's name, `nginx:FORMAT` and the like (`nginx`, `envoy`,
    /// `apache`, `haproxy`, `json` before a format text or field map), or one of those words with `text` apart.
    ///
    /// ```
    /// use brownout::Choice;
    /// assert!(Choice::parse("alb", None).is_ok());
    /// assert!(Choice::parse("nginx:$remote_addr [$time_local] $status", None).is_ok());
    /// assert!(Choice::parse("nginx", Some("$remote_addr [$time_local] $status")).is_ok());
    /// assert!(Choice::parse("ngnix", None).unwrap_err().to_string().contains("nginx-combined"));
    /// ```
    ///
    /// # Errors
    /// [`Error::Format`] for a wrong format text, [`Error::Unrecognised`] for a name that is not known.
    pub fn parse(name: &str, text: Option<&str>) -> Result<Self, Error> {
        if name == "auto" {
            return Ok(Self::Auto);
        }
        let (language, text) = match name.split_once(':') {
            Some((language, inline)) => (language, Some(inline)),
            None => (name, text),
        };
        if let Some(text) = text
            && let Some(known) = compile(language, text)
        {
            return known.map(Self::Known).map_err(Error::from);
        }
        by_name(name).map(Self::Known).ok_or_else(|| {
            let names: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
            Error::Unrecognised(format!(
                "no format is called \"{}\"; known are {}, and nginx:, envoy:, apache:, haproxy: or json: before a format text",
                Sanitized(name.as_bytes()),
                names.join(", ")
            ))
        })
    }

    /// The format of a file that begins with these lines: recognised where that was asked for, and with the framing
    /// around its lines cut off.
    ///
    /// ```
    /// use brownout::{Choice, Options};
    /// let sample = b"<134>Nov 22 07:18:29 lb nginx: 127.0.0.1 [22/Nov/2026:07:18:29 +0000] 200";
    /// let choice = Choice::parse("nginx:$remote_addr [$time_local] $status", None)?;
    /// let format = choice.resolve(&Options::default(), sample)?;
    /// let mut spans = brownout::Spans::new();
    /// assert!(matches!(format.parse(sample, &mut spans), Ok(brownout::Line::Access(_))));
    /// # Ok::<(), brownout::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Unrecognised`] when no known format fits; it says what was tried.
    pub fn resolve(&self, options: &Options, sample: &[u8]) -> Result<Arc<dyn Format>, Error> {
        Ok(choose(self, options, sample)?.format)
    }
}

/// Compiles a format text in the language of that name. A text that is a JSON object is read by its keys: their order
/// and what a producer breaks in its values matter less so.
fn compile(language: &str, text: &str) -> Option<Result<Known, FormatError>> {
    if let Some(map) = Template::json_fields(language, text) {
        let format = JsonFormat::new(language, map.product, map.time_meaning, map.fields);
        return Some(format.map(Known::Json));
    }
    Some(match language {
        "nginx" => Template::nginx(text).map(Known::Text),
        "envoy" => Template::envoy(text).map(Known::Text),
        "apache" => Template::apache(text).map(Known::Text),
        "haproxy" => Template::haproxy(text).map(Known::Text),
        "json" => JsonFormat::custom(text).map(Known::Json),
        _ => return None,
    })
}

/// A preset of the shelf: a format that a product writes by default, or that most guides recommend.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// The name that `--format` and [`by_name`] take; unique and stable.
    pub name: &'static str,
    /// What writes it, as a phrase for lists: `AWS ALB, every width`.
    pub about: &'static str,
    make: fn() -> Result<Known, FormatError>,
}

/// The preset of this name; `nginx`, `apache` and `aws-alb` are names for `nginx-combined`, `apache-combined` and
/// `alb`.
///
/// ```
/// use brownout::formats::{Known, by_name};
/// assert!(matches!(by_name("alb"), Some(Known::Text(_))));
/// assert!(matches!(by_name("caddy"), Some(Known::Json(_))));
/// assert!(by_name("iis").is_none());
/// ```
pub fn by_name(name: &str) -> Option<Known> {
    let name = match name {
        "nginx" => "nginx-combined",
        "apache" => "apache-combined",
        "aws-alb" => "alb",
        name => name,
    };
    PRESETS.iter().find(|p| p.name == name).and_then(|p| (p.make)().ok())
}

/// All presets, in the order that breaks ties when formats are recognised.
///
/// ```
/// use brownout::formats::{by_name, presets};
/// for preset in presets() {
///     println!("{:20} {}", preset.name, preset.about);
///     assert!(by_name(preset.name).is_some());
/// }
/// ```
pub fn presets() -> &'static [Preset] {
    PRESETS
}

/// How one preset read the sample.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The preset's name.
    pub name: &'static str,
    /// The format itself.
    pub format: Known,
    /// Access records among the lines.
    pub matched: usize,
    /// Lines that had to fit: neither blank nor known to be something else.
    pub lines: usize,
    /// The first line that did not fit, counted from 0, and why.
    pub first_refused: Option<(usize, LineError)>,
}

/// What a sample looks like.
#[derive(Debug, Clone)]
pub struct Detection {
    /// The framing around its lines.
    pub framing: Framing,
    /// Every preset, best first.
    pub candidates: Vec<Candidate>,
    /// What reads the sample exactly like the best.
    pub alike: Vec<&'static str>,
    /// Lines end where the format ends. Otherwise more stands behind it, which is kept and not understood.
    pub strict: bool,
}

/// Lines looked at.
const LINES: usize = 400;

/// Recognises the format of a sample of whole lines.
///
/// ```
/// let sample = br#"[2026-11-22T07:23:26.415Z] "GET / HTTP/1.1" 200 - 0 14 8 1 "-" "lab/1.0" "6fd9" "lab" "127.0.0.1:28002""#;
/// let detection = brownout::formats::detect(sample);
/// assert_eq!(detection.best().unwrap().name, "envoy");
/// ```
pub fn detect(sample: &[u8]) -> Detection {
    let lines: Vec<&[u8]> = input::lines(sample)
        .map(|(_, line)| line)
        .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
        .take(LINES)
        .collect();
    let framing = Framing::detect(lines.iter().copied());
    let strict = try_all(&lines, framing, true);
    if strict.best().is_ok() {
        return strict;
    }
    // An export that put every line into quotes; then a format with something behind it that is not known.
    if framing == Framing::None && lines.iter().all(|l| l.starts_with(b"\"") && l.ends_with(b"\"")) {
        let quoted = try_all(&lines, Framing::Quoted, true);
        if quoted.best().is_ok() {
            return quoted;
        }
    }
    let open = try_all(&lines, framing, false);
    if open.best().is_ok() { open } else { strict }
}

/// Ranks all presets on these lines.
fn try_all(lines: &[&[u8]], framing: Framing, strict: bool) -> Detection {
    let mut buffer = Vec::new();
    let payloads: Vec<Vec<u8>> = lines
        .iter()
        .map(|line| framing.unwrap(line, &mut buffer).map_or_else(|| line.to_vec(), <[u8]>::to_vec))
        .collect();
    let mut candidates: Vec<Candidate> =
        PRESETS.iter().filter_map(|preset| try_preset(preset, &payloads, strict)).collect();
    // More matches first, then the format that explains more of the line, then the order of the shelf.
    candidates.sort_by_key(|c| std::cmp::Reverse((c.matched, c.columns())));
    let mut alike = Vec::new();
    if let Some((best, rest)) = candidates.split_first() {
        let same =
            |c: &&Candidate| best.matched > 0 && c.matched == best.matched && c.columns() == best.columns();
        alike = rest.iter().filter(same).map(|c| c.name).collect();
    }
    settle_clf(&payloads, &mut candidates, &mut alike);
    Detection { framing, candidates, alike, strict }
}

impl Candidate {
    /// Columns that say something: Apache's `%l` is a dash in all but name.
    fn columns(&self) -> usize {
        self.format.format().schema().columns().iter().filter(|c| &*c.name != "%l").count()
    }
}

/// Reads the payloads with one preset.
fn try_preset(preset: &Preset, payloads: &[Vec<u8>], strict: bool) -> Option<Candidate> {
    let known = match (preset.make)().ok()? {
        // Of the many keys a producer may use, those count that it does use.
        Known::Json(map) => Known::Json(map.fitted(payloads.iter().map(Vec::as_slice))?),
        text @ Known::Text(_) => text,
    };
    let format = known.clone().ready(&Options { strict, utc_offset: 0 }, Framing::None);
    let mut spans = Spans::new();
    let mut candidate =
        Candidate { name: preset.name, format: known, matched: 0, lines: 0, first_refused: None };
    for (i, line) in payloads.iter().enumerate() {
        let timed = format.schema().has(Field::Time);
        let refused = match format.parse(line, &mut spans) {
            Ok(Line::Access(r)) if !timed || r.time().is_some() => None,
            Ok(Line::Access(_)) => Some(LineError::new(LineErrorKind::Time, 0, usize::MAX)),
            Ok(Line::Other(_) | Line::Blank) => continue,
            Err(error) => Some(error),
        };
        candidate.lines += 1;
        match refused {
            None => candidate.matched += 1,
            Some(error) => {
                candidate.first_refused.get_or_insert((i, error));
            }
        }
    }
    Some(candidate)
}

/// nginx and Apache share their combined lines to the letter; only their escapes and their own statuses differ.
fn settle_clf(lines: &[Vec<u8>], candidates: &mut [Candidate], alike: &mut Vec<&'static str>) {
    let [first, second, ..] = candidates else { return };
    if !(alike.len() == 1 && first.name == "nginx-combined" && second.name == "apache-combined") {
        return;
    }
    let any = |needle: &[u8]| lines.iter().any(|l| memchr::memmem::find(l, needle).is_some());
    let hex = |lower: bool| {
        lines.iter().any(|l| {
            memchr::memmem::find_iter(l, b"\\x").any(|p| {
                let letters = l.get(p + 2..p + 4).unwrap_or_default();
                letters
                    .iter()
                    .any(|b| if lower { (b'a'..=b'f').contains(b) } else { (b'A'..=b'F').contains(b) })
            })
        })
    };
    let apache = any(b"\\\"") || any(b" 200 - \"") || any(b" 304 - \"") || any(b" 408 - \"") || hex(true);
    let nginx = any(b"\" 499 ") || any(b"\" 444 ") || any(b" 304 0 \"") || any(b"\" 000 ") || hex(false);
    if apache != nginx {
        alike.clear();
        if apache {
            candidates.swap(0, 1);
        }
    }
}

impl Detection {
    /// The best candidate.
    ///
    /// # Errors
    /// [`Error::Unrecognised`] when no preset reads more than half of the lines; it says what was tried.
    pub fn best(&self) -> Result<&Candidate, Error> {
        match self.candidates.first() {
            Some(best) if best.matched * 2 > best.lines => Ok(best),
            _ => Err(Error::Unrecognised(self.why_not())),
        }
    }

    fn why_not(&self) -> String {
        if self.candidates.iter().all(|c| c.lines == 0) {
            return "there is no access record to recognise a format by; name it with --format".into();
        }
        let mut text = String::from("no known format fits more than half of the lines");
        for c in self.candidates.iter().take(3) {
            let _ = write!(text, "; {} fits {} of {}", c.name, c.matched, c.lines);
            if let Some((line, error)) = c.first_refused {
                let _ = write!(text, " (line {}, {error})", line + 1);
            }
        }
        text.push_str("; name it with --format, or give your own log_format as nginx:'…' (envoy:, apache:, haproxy:, json:)");
        text
    }
}

/// A format chosen for a file.
pub(crate) struct Chosen {
    pub(crate) format: Arc<dyn Format>,
    pub(crate) framing: Option<String>,
    pub(crate) note: Option<String>,
}

/// Decides how a file is read, from a sample of it.
pub(crate) fn choose(choice: &Choice, options: &Options, sample: &[u8]) -> Result<Chosen, Error> {
    let (known, framing, note) = match choice {
        Choice::Custom(format) => {
            return Ok(Chosen { format: Arc::clone(format), framing: None, note: None });
        }
        Choice::Known(known) => {
            let lines: Vec<&[u8]> = input::lines(sample).map(|(_, line)| line).take(LINES).collect();
            (known.clone(), Framing::detect(lines.iter().copied()), None)
        }
        Choice::Auto => {
            let detection = detect(sample);
            let best = detection.best()?;
            let alike = (!detection.alike.is_empty()).then(|| {
                format!("reads like {} as well; the lines do not tell which", detection.alike.join(", "))
            });
            let open = (!detection.strict).then(|| {
                "the lines go on behind this format; what follows is kept and not understood".to_owned()
            });
            let note = alike.or(open);
            (best.format.clone(), detection.framing, note)
        }
    };
    let label = (framing != Framing::None).then(|| framing.name().to_owned());
    Ok(Chosen { format: known.ready(options, framing), framing: label, note })
}

/// Lines whose framing is undone one by one: JSON wrappers (docker, journald), and any framing around JSON.
#[derive(Debug)]
struct Unwrapping {
    inner: Arc<dyn Format>,
    framing: Framing,
}

impl Unwrapping {
    fn around(inner: impl Format + 'static, framing: Framing) -> Arc<dyn Format> {
        Arc::new(Self { inner: Arc::new(inner), framing })
    }
}

impl Format for Unwrapping {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn schema(&self) -> &Schema {
        self.inner.schema()
    }

    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, LineError> {
        let (buffer, inner) = spans.nested();
        let payload = self.framing.unwrap(line, buffer).unwrap_or(line);
        self.inner.parse(payload, inner)
    }
}

/// Lines of a file in no known format: each is refused.
#[derive(Debug)]
pub(crate) struct Unrecognised(Schema);

impl Default for Unrecognised {
    fn default() -> Self {
        Self(Schema::new(Product::Custom, TimeMeaning::End, Vec::new()))
    }
}

impl Format for Unrecognised {
    fn name(&self) -> &'static str {
        "unrecognised"
    }

    fn schema(&self) -> &Schema {
        &self.0
    }

    fn parse<'a>(&'a self, _: &'a [u8], _: &'a mut Spans) -> Result<Line<'a>, LineError> {
        Err(LineError::new(LineErrorKind::Format, 0, usize::MAX))
    }
}

macro_rules! text {
    ($name:literal, $about:literal, $language:ident, $text:ident) => {
        Preset {
            name: $name,
            about: $about,
            make: || Ok(Known::Text(Template::$language(builtin::$text)?.named($name))),
        }
    };
}

macro_rules! json {
    ($name:literal, $about:literal) => {
        Preset {
            name: $name,
            about: $about,
            make: || {
                JsonFormat::preset($name)
                    .map(Known::Json)
                    .ok_or_else(|| FormatError::new(0..0, "no such map"))
            },
        }
    };
}

/// The shelf. Order breaks ties between formats that read a sample alike.
const PRESETS: &[Preset] = &[
    text!("nginx-combined", "nginx, its default", nginx, NGINX_COMBINED),
    text!("nginx-main", "nginx, as its packages configure it", nginx, NGINX_MAIN),
    text!("nginx-upstream", "nginx with the upstream's part of the story", nginx, NGINX_UPSTREAM),
    text!("ingress-nginx", "ingress-nginx since September 2019", nginx, INGRESS_NGINX),
    text!("ingress-nginx-2019", "ingress-nginx, June to September 2019", nginx, INGRESS_NGINX_REAL_IP),
    text!("ingress-nginx-2018", "ingress-nginx, April 2018 to June 2019", nginx, INGRESS_NGINX_ONE_NAME),
    text!("ingress-nginx-2017", "ingress-nginx before April 2018", nginx, INGRESS_NGINX_NO_ID),
    text!("envoy", "Envoy's default; Contour and older Envoy Gateways", envoy, ENVOY_DEFAULT),
    text!("istio", "Istio since 1.9", envoy, ISTIO),
    Preset { name: "alb", about: "AWS ALB, every width", make: || Ok(Known::Text(Template::alb())) },
    Preset { name: "elb", about: "AWS Classic ELB", make: || Ok(Known::Text(Template::elb())) },
    Preset {
        name: "nlb",
        about: "AWS NLB, TLS listeners: no status",
        make: || Ok(Known::Text(Template::nlb())),
    },
    text!("haproxy", "HAProxy option httplog", haproxy, HAPROXY_HTTP),
    text!("haproxy-https", "HAProxy option httpslog", haproxy, HAPROXY_HTTPS),
    text!("haproxy-tcp", "HAProxy option tcplog", haproxy, HAPROXY_TCP),
    text!("haproxy-clf", "HAProxy option httplog clf", haproxy, HAPROXY_CLF),
    text!("apache-combined", "Apache httpd combined", apache, APACHE_COMBINED),
    text!("apache-common", "Apache httpd common, and any CLF", apache, APACHE_COMMON),
    text!("apache-vhost", "Apache httpd vhost_combined", apache, APACHE_VHOST),
    json!("nginx-json", "nginx and ingress-nginx, a log_format that looks like JSON"),
    json!("istio-json", "Istio, JSON"),
    json!("envoy-json", "Envoy, Envoy Gateway and Contour, JSON"),
    json!("gcp", "Google Cloud HTTP(S) load balancers, LogEntry JSON"),
    json!("azure-appgw", "Azure Application Gateway v2"),
    json!("azure-appgw-v1", "Azure Application Gateway v1"),
    json!("azure-frontdoor", "Azure Front Door"),
    json!("cloudflare", "Cloudflare Logpush http_requests"),
    json!("traefik-json", "Traefik, JSON"),
    json!("caddy", "Caddy, JSON"),
];
