//! Which format files are in, as people say it on a command line.

use std::path::PathBuf;

use brownout::Choice;
use brownout::formats::{NamedFormat, by_name, nginx_conf_file};

/// The options that name a format.
#[derive(Debug, clap::Args)]
pub(crate) struct FormatArgs {
    /// auto, a preset's name, or nginx, envoy, apache, haproxy or json with --log-format; short form nginx:FORMAT.
    /// Given several times, each file is in those of them that its lines have
    #[arg(long, default_value = "auto", value_name = "F")]
    pub(crate) format: Vec<String>,
    /// The format's text, in the product's own language
    #[arg(long, value_name = "STR")]
    pub(crate) log_format: Option<String>,
    /// An nginx.conf: its `log_formats`, and those of the files it includes, instead of --format
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "log_format"])]
    pub(crate) nginx_conf: Option<PathBuf>,
    /// The name of the `log_format` in the nginx.conf, where the lines are not to decide
    #[arg(long, value_name = "NAME", requires = "nginx_conf")]
    pub(crate) log_name: Option<String>,
}

impl FormatArgs {
    /// The choice; an error is one of the library's, or a sentence.
    pub(crate) fn choice(&self) -> Result<Choice, Box<dyn std::error::Error>> {
        let Some(path) = &self.nginx_conf else {
            return match self.format.as_slice() {
                [one] => Ok(Choice::parse(one, self.log_format.as_deref())?),
                several => candidates(several),
            };
        };
        let formats = nginx_conf_file(path)?;
        let Some(name) = &self.log_name else { return Ok(Choice::Configured(formats.into())) };
        let names: Vec<&str> = formats.iter().map(|f| f.name.as_str()).collect();
        match formats.iter().find(|f| f.name.eq_ignore_ascii_case(name)) {
            Some(format) => Ok(Choice::Known(format.format.clone())),
            None => {
                Err(format!("{}: no log_format \"{name}\"; there are {}", path.display(), names.join(", "))
                    .into())
            }
        }
    }
}

/// Several formats, for files of several products.
fn candidates(names: &[String]) -> Result<Choice, Box<dyn std::error::Error>> {
    let read = |name: &String| -> Result<NamedFormat, Box<dyn std::error::Error>> {
        let format = match Choice::parse(name, None)? {
            Choice::Known(known) => known,
            Choice::Preset(preset) => by_name(preset.name).ok_or("a preset that is none")?,
            _ => return Err("several formats: give their names, auto is none of them".into()),
        };
        Ok(NamedFormat { name: name.clone(), format, logs: Vec::new() })
    };
    Ok(Choice::Configured(names.iter().map(read).collect::<Result<Vec<_>, _>>()?.into()))
}
