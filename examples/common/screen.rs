//! Standard output and standard error, for people and for pipes.

use std::io::{self, ErrorKind, IsTerminal, Write};

use brownout::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Colour for terminals, unless `NO_COLOR` is set (<https://no-color.org>).
pub(crate) fn style() -> Style {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    if unwanted || dumb || !io::stdout().is_terminal() { Style::plain() } else { Style::colour() }
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot write the report: {error}"))
        }
        _ => Ok(()),
    }
}

/// Bytes read so far, on standard error if that is a terminal and `quiet` is not asked for.
pub(crate) fn progress(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{spinner} {binary_bytes} read, {binary_bytes_per_sec}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::with_draw_target(None, target).with_style(style)
}
