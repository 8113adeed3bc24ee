//! The shelf: presets by name, a user's own format texts, and recognising the format of a sample.
//!
//! Recognising tries every preset strictly on the first lines and ranks them by how many fit. It never guesses
//! silently: what reads the sample alike is named, and when nothing fits the error says what was tried and why it
//! failed.

use std::sync::Arc;

use crate::error::{Error, FormatError};
use crate::escape::Sanitized;
use crate::format::Format;
use crate::input::Framing;
use crate::json::JsonFormat;
use crate::template::Template;
use crate::time::Timestamp;

mod detection;
mod mixed;
mod nginx_conf;

mod shelf;
mod strict;
#[cfg(test)]
mod tests;
mod wrapped;
mod zone;

use detection::Sample;
pub use detection::{Candidate, Detection, detect};
use mixed::Mixed;

pub use nginx_conf::{NamedFormat, nginx_conf, nginx_conf_file};
use shelf::Group;
pub use shelf::{Preset, by_name, presets};
use strict::Strict;
pub(crate) use wrapped::Unrecognised;
use wrapped::Unwrapping;
pub(crate) use zone::{assumed_offset, assumed_year};

/// Which format files are in.
#[derive(Debug, Clone, Default)]
pub enum Choice {
    /// Recognise each file's.
    #[default]
    Auto,
    /// A preset by its name: each file in its own shape of it (every width of ALB, HAProxy's HTTP and TCP lines, the
    /// four shapes of ingress-nginx), with whatever framing it has.
    Preset(&'static Preset),
    /// This one, with whatever framing the file has.
    Known(Known),
    /// The formats of a configuration, as [`nginx_conf_file`] brings them: each file in those that its lines have.
    Configured(Arc<[NamedFormat]>),
    /// A format of the user's own, read as it is.
    Custom(Arc<dyn Format>),
}

/// How lines are read, in whatever format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Refuse lines that go on after the format ended, and lines with a value that is not of its column's kind: a
    /// status, number, duration or stamp that cannot be read. Every column of every line is read, which takes several
    /// times as long. Without it a scan reads the columns asked for: a line that is damaged in others counts as it is.
    pub strict: bool,
    /// Seconds east of UTC of stamps without a zone.
    pub utc_offset: i32,
    /// An instant that no stamp is much after: those that name no year are of the newest in which that holds. A scan
    /// takes the time at which a file was last written to, where nothing is said.
    pub newest: Option<Timestamp>,
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
    /// Ready to read a file with this framing, whose records are written by `program` where the framing tells.
    fn ready(self, options: Options, framing: Framing, program: Option<&[u8]>) -> Arc<dyn Format> {
        let wrapped = framing.is_json() || framing == Framing::Quoted;
        match self {
            Self::Text(t) => {
                let t = t.strict(options.strict).with_utc_offset(options.utc_offset);
                let t = t.with_newest(options.newest);
                if wrapped {
                    Unwrapping::around(t, framing, program)
                } else {
                    Arc::new(t.framed(framing).of_program(program))
                }
            }
            Self::Json(j) => {
                let j = j.with_utc_offset(options.utc_offset);
                if framing == Framing::None { Arc::new(j) } else { Unwrapping::around(j, framing, program) }
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
        shelf::preset(name).map(Self::Preset).ok_or_else(|| {
            let names: Vec<&str> = presets().iter().map(|p| p.name).collect();
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
        Ok(choose(self, *options, sample)?.format)
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

/// A format chosen for a file.
pub(crate) struct Chosen {
    pub(crate) format: Arc<dyn Format>,
    pub(crate) framing: Option<String>,
    pub(crate) note: Option<String>,
}

/// Decides how a file is read, from a sample of it.
pub(crate) fn choose(choice: &Choice, options: Options, sample: &[u8]) -> Result<Chosen, Error> {
    let mut chosen = choose_unchecked(choice, options, sample)?;
    if options.strict {
        chosen.format = Arc::new(Strict(chosen.format));
    }
    Ok(chosen)
}

/// The same, before columns are checked.
fn choose_unchecked(choice: &Choice, options: Options, sample: &[u8]) -> Result<Chosen, Error> {
    match choice {
        Choice::Custom(format) => Ok(Chosen { format: Arc::clone(format), framing: None, note: None }),
        Choice::Known(known) => {
            let sample = Sample::new(sample);
            let format = known.clone().ready(options, sample.framing, sample.program_of(known).as_deref());
            Ok(Chosen { format, framing: label(sample.framing), note: None })
        }
        Choice::Configured(formats) => configured(formats, options, sample),
        Choice::Preset(preset) => {
            let detection = Detection::among(sample, preset.relatives());
            match detection.candidates.first() {
                Some(best) if best.matched > 0 => {
                    let note = (best.name != preset.name)
                        .then(|| format!("named {}, its lines are those of {}", preset.name, best.name));
                    Ok(detection.chosen(options, note))
                }
                // Nothing fits: read it as told, and let every line say why not.
                _ => {
                    let format = preset.known().map_err(Error::from)?;
                    let framing = detection.framing;
                    Ok(Chosen {
                        format: format.ready(options, framing, None),
                        framing: label(framing),
                        note: None,
                    })
                }
            }
        }
        Choice::Auto => {
            let detection = detect(sample);
            detection.best()?;
            let note = detection.note();
            Ok(detection.chosen(options, note))
        }
    }
}

/// The formats of a configuration that a file is written in.
fn configured(formats: &[NamedFormat], options: Options, sample: &[u8]) -> Result<Chosen, Error> {
    let sample = Sample::new(sample);
    let read = |format: &NamedFormat| sample.read_by(&format.format);
    let mut ranked: Vec<(usize, &NamedFormat)> = formats.iter().map(|f| (read(f), f)).collect();
    // The one that explains most of a line where several read as many.
    ranked.sort_by_key(|(read, f)| std::cmp::Reverse((*read, f.format.format().schema().columns().len())));
    let Some((_, best)) = ranked.first().copied() else {
        return Err(Error::Unrecognised("the configuration has no log_format".into()));
    };
    let program = sample.program_of(&best.format);
    let ready = |known: &Known, strict| {
        known.clone().ready(Options { strict, ..options }, sample.framing, program.as_deref())
    };
    let others = ranked.iter().skip(1).filter(|(read, _)| *read > 0);
    let others = others.map(|(_, f)| ready(&f.format, true)).collect();
    let format = Mixed::of(&best.name, ready(&best.format, options.strict), others);
    Ok(Chosen { format, framing: label(sample.framing), note: None })
}

/// What reports call a framing.
fn label(framing: Framing) -> Option<String> {
    (framing != Framing::None).then(|| framing.name().to_owned())
}
