//! What collectors put around the lines of a log: syslog, journald, container runtimes.
//!
//! Two kinds. Most framings are a *prefix*: the payload is the rest of the line, found by looking at fixed places and
//! for a few spaces ([`Framing::payload_start`]). Others are JSON objects with the payload as an escaped string in them
//! ([`Framing::unwrap`]). A framing can hold lines of several programs, told apart by [`Framing::tag`].
//!
//! `journalctl -o export` and `-o verbose` are undone when an input is opened: they come as [`Framing::JournalUnix`].
//! `-o cat` is no framing. Not undone: framings within each other (detect and unwrap twice), octet-counted streams
//! whose messages do not end with a line break, `#011` as rsyslog writes control characters.

mod containers;
mod json;
mod syslog;
mod unwrap;

pub use unwrap::{Unwrapped, Unwrapper};

/// How a collector framed a line.
///
/// In a framed file some lines can be without a frame (`last message repeated 2 times`, a part of a cut message): take
/// them as they stand.
///
/// ```
/// use brownout::input::Framing;
///
/// let line = br#"<190>Nov 22 07:12:27 vm nginx: 127.0.0.1 - - [22/Nov/2026:07:12:27 +0000] "GET / HTTP/1.1" 200 6"#;
/// let framing = Framing::detect([&line[..]]);
/// assert_eq!(framing, Framing::Rfc3164);
/// assert_eq!(framing.tag(line), Some(&b"nginx"[..]));
/// let start = framing.payload_start(line).unwrap();
/// assert!(line[start..].starts_with(b"127.0.0.1 - - ["));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Framing {
    /// Not at all: the line is the payload.
    #[default]
    None,
    /// `<134>Nov 22 07:18:29 host tag[pid]: …`, as sent (RFC 3164), without a host (HAProxy's `format local`), without
    /// `<134>` (rsyslog's traditional files, `journalctl -o short` and `short-precise`).
    Rfc3164,
    /// `<134>1 2026-11-22T07:18:29.755639+00:00 host app pid msgid - …` (RFC 5424), also with a length before it.
    Rfc5424,
    /// `2026-11-22T07:29:43+00:00 host tag[pid]: …`: rsyslog's files by default, `journalctl -o short-iso`; also with
    /// `<134>` before it, as rsyslog forwards.
    IsoSyslog,
    /// `<6>…`: HAProxy's `format short` and `priority`, systemd's standard output.
    Priority,
    /// `2026-11-22T07:18:29.755721+00:00 …` without host or tag: HAProxy's `format iso`, and with `<6>` before it
    /// `timed`.
    Iso,
    /// `Sun 2026-11-22 07:30:21 UTC host tag[pid]: …`: `journalctl -o short-full` and `with-unit`.
    JournalFull,
    /// `1795332621.349527 host tag[pid]: …`: `journalctl -o short-unix`.
    JournalUnix,
    /// `2026-11-22T07:29:43.694123456Z stdout F …`: files of Kubernetes' container runtimes. Lines over 16 KiB come in
    /// parts: see [`Unwrapper`].
    Cri,
    /// `{"log":"…\n","stream":"stdout","time":"…"}`: Docker's json-file. Lines over 16 KiB come in parts: see
    /// [`Unwrapper`].
    DockerJson,
    /// `{"MESSAGE":"…","__REALTIME_TIMESTAMP":"…",…}`: `journalctl -o json`.
    JournalJson,
    /// `nginx[301]: …`: the name of a program and nothing else.
    Tag,
    /// `[pod/web-0/nginx] …`: `kubectl logs --prefix`.
    Kubectl,
    /// `web-0 nginx …`: stern, the names of pod and container before the line.
    Stern,
    /// `web-1  | …`: Docker Compose.
    Compose,
    /// `{"message":"…",…}`, also `log` or `msg`: a shipper that kept the line as a string. Never detected here, since
    /// formats that are JSON objects can have such keys; it is tried where no format fits.
    Shipped,
    /// `"…"`: an export that put every line as a whole into quotes. Never detected here, since formats can begin and
    /// end with a quote of their own.
    Quoted,
}

/// A record of a container runtime, which may be a part of a line.
pub(super) struct Part<'a> {
    /// `stderr` rather than `stdout`.
    pub(super) stderr: bool,
    /// The line goes on in the next record of the same stream.
    pub(super) partial: bool,
    pub(super) before: &'a [u8],
    pub(super) text: &'a [u8],
    pub(super) after: &'a [u8],
}

/// A framed line, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framed<'a> {
    /// The program that wrote the line, without its process id, where the framing says it.
    pub tag: Option<&'a [u8]>,
    /// The line without the frame.
    pub payload: &'a [u8],
}

impl Framing {
    const ALL: [Self; 15] = [
        Self::None,
        Self::Rfc3164,
        Self::Rfc5424,
        Self::IsoSyslog,
        Self::Priority,
        Self::Iso,
        Self::JournalFull,
        Self::JournalUnix,
        Self::Cri,
        Self::DockerJson,
        Self::JournalJson,
        Self::Tag,
        Self::Kubectl,
        Self::Stern,
        Self::Compose,
    ];

    /// A stable name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Rfc3164 => "rfc3164",
            Self::Rfc5424 => "rfc5424",
            Self::IsoSyslog => "iso-syslog",
            Self::Priority => "priority",
            Self::Iso => "iso",
            Self::JournalFull => "journal-full",
            Self::JournalUnix => "journal-unix",
            Self::Cri => "cri",
            Self::DockerJson => "docker-json",
            Self::JournalJson => "journal-json",
            Self::Tag => "tag",
            Self::Kubectl => "kubectl",
            Self::Stern => "stern",
            Self::Compose => "compose",
            Self::Shipped => "shipped",
            Self::Quoted => "quoted",
        }
    }

    /// The framing that fits most of the lines, if it fits more than half of them; [`Framing::None`] otherwise.
    ///
    /// Blank lines and lines that begin with `#` do not count. Lines that are formats of their own and only look framed (Classic ELB begins with a
    /// time, GCP is a JSON object) are not taken for framed ones.
    pub fn detect<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut counts = [0u32; Self::ALL.len()];
        for line in lines {
            if !line.starts_with(b"#") && !line.iter().all(u8::is_ascii_whitespace) {
                let found = classify(line);
                for (count, framing) in counts.iter_mut().zip(Self::ALL) {
                    *count += u32::from(framing == found);
                }
            }
        }
        let total: u32 = counts.iter().sum();
        let most = counts.iter().zip(Self::ALL).find(|&(&count, _)| count > total / 2);
        most.map_or(Self::None, |(_, framing)| framing)
    }

    /// Whether the payload is an escaped string in a JSON object, for [`unwrap`](Self::unwrap) to undo.
    pub const fn is_json(self) -> bool {
        matches!(self, Self::DockerJson | Self::JournalJson | Self::Shipped)
    }

    /// Takes a line of a prefix framing apart; `None` where the line is not framed so, and for JSON framings.
    /// Allocates nothing.
    #[inline]
    pub fn split(self, line: &[u8]) -> Option<Framed<'_>> {
        match self {
            Self::None => Some(Framed { tag: None, payload: line }),
            Self::Rfc3164 => syslog::rfc3164(line),
            Self::Rfc5424 => syslog::rfc5424(line),
            Self::IsoSyslog => syslog::iso_syslog(line),
            Self::Priority => syslog::priority(line),
            Self::Iso => syslog::iso(line),
            Self::JournalFull => syslog::journal_full(line),
            Self::JournalUnix => syslog::journal_unix(line),
            Self::Cri => syslog::cri(line).map(|cri| Framed { tag: None, payload: cri.payload }),
            Self::Tag => syslog::tagged(line),
            Self::Kubectl => containers::kubectl(line),
            Self::Stern => containers::stern(line),
            Self::Compose => containers::compose(line),
            Self::Quoted => {
                let payload = line.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
                Some(Framed { tag: None, payload })
            }
            Self::DockerJson | Self::JournalJson | Self::Shipped => None,
        }
    }

    /// A line of a container runtime's framing, to be joined with others.
    pub(super) fn part(self, line: &[u8]) -> Option<Part<'_>> {
        match self {
            Self::Cri => {
                let cri = syslog::cri(line)?;
                let head = line.len() - cri.payload.len();
                let tags = line[..head].trim_ascii_end().iter().rposition(|&b| b == b' ')? + 1;
                let (before, text) = (&line[..tags], cri.payload);
                Some(Part { stderr: cri.stderr, partial: cri.partial, before, text, after: b"" })
            }
            Self::DockerJson => {
                let docker = json::docker(line)?;
                let text = docker.raw();
                let at = (text.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
                let (before, after) = (line.get(..at)?, line.get(at + text.len()..)?);
                Some(Part { stderr: docker.stderr, partial: !text.ends_with(b"\\n"), before, text, after })
            }
            _ => None,
        }
    }

    /// Where the payload begins in a line of a prefix framing; `None` where the line is not framed so, and for JSON
    /// framings. Looks at the prefix only.
    #[inline]
    pub fn payload_start(self, line: &[u8]) -> Option<usize> {
        self.split(line).map(|framed| line.len() - framed.payload.len())
    }

    /// Every line that begins with `frame`, the frame of some line, has its payload behind it, unless that begins with
    /// these bytes or a blank. `None` where the frame alone does not tell.
    pub(crate) fn unsettled(self, frame: &[u8]) -> Option<&[u8]> {
        match self {
            // The program may name the host again, which is a part of the frame then.
            Self::Rfc3164 | Self::IsoSyslog | Self::JournalFull | Self::JournalUnix => {
                let mut blanks = memchr::memrchr_iter(b' ', frame.trim_ascii_end());
                let end = blanks.next()?;
                let start = blanks.next().map_or(0, |blank| blank + 1);
                frame.get(start..=end)
            }
            // A byte order mark.
            Self::Rfc5424 => Some(b"\xEF"),
            Self::Priority | Self::Iso | Self::Cri | Self::Tag | Self::Kubectl | Self::Compose => Some(b"\0"),
            Self::None
            | Self::Stern
            | Self::DockerJson
            | Self::JournalJson
            | Self::Shipped
            | Self::Quoted => None,
        }
    }

    /// The program that wrote the line, without its process id: `nginx`, `haproxy`. `None` where the line is not framed
    /// so, or the framing has no such place.
    pub fn tag(self, line: &[u8]) -> Option<&[u8]> {
        match self {
            Self::JournalJson => json::text(line, b"SYSLOG_IDENTIFIER"),
            _ => self.split(line)?.tag,
        }
    }

    /// Whether another program than `own` wrote the line, as far as the framing tells.
    pub(crate) fn is_foreign(self, line: &[u8], own: Option<&[u8]>) -> bool {
        own.is_some_and(|own| self.tag(line).is_some_and(|tag| tag != own))
    }

    /// The payload of a line of any framing; `buffer` holds it where escapes have to be undone. `None` where the line
    /// is not framed so. A part of a long line comes out as it is: [`Unwrapper`] joins parts.
    ///
    /// ```
    /// use brownout::input::Framing;
    ///
    /// let line = br#"{"log":"127.0.0.1 \"GET /\"\n","stream":"stdout","time":"2026-11-22T07:29:43.694123456Z"}"#;
    /// let mut buffer = Vec::new();
    /// assert_eq!(Framing::DockerJson.unwrap(line, &mut buffer), Some(&br#"127.0.0.1 "GET /""#[..]));
    /// ```
    pub fn unwrap<'a>(self, line: &'a [u8], buffer: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        match self {
            Self::DockerJson => {
                buffer.clear();
                json::docker(line)?.append_to(buffer);
                Some(without_line_end(buffer))
            }
            Self::JournalJson => {
                buffer.clear();
                json::journal(line, buffer)?;
                Some(without_line_end(buffer))
            }
            Self::Shipped => {
                buffer.clear();
                json::shipped(line, buffer)?;
                Some(without_line_end(buffer))
            }
            _ => self.split(line).map(|framed| framed.payload),
        }
    }
}

fn without_line_end(payload: &[u8]) -> &[u8] {
    let payload = payload.strip_suffix(b"\n").unwrap_or(payload);
    payload.strip_suffix(b"\r").unwrap_or(payload)
}

/// The most specific framing that fits the line by itself.
fn classify(line: &[u8]) -> Framing {
    if line.first() == Some(&b'{') {
        return json::classify(line);
    }
    // Specific ones first: what fits one of them would fit a later one less well.
    let certain = [
        Framing::Kubectl,
        Framing::Compose,
        Framing::Cri,
        Framing::Rfc5424,
        Framing::Rfc3164,
        Framing::IsoSyslog,
        Framing::JournalFull,
        Framing::JournalUnix,
    ];
    if let Some(framing) = certain.into_iter().find(|framing| leaves_payload(*framing, line)) {
        return framing;
    }
    let Some(framed) = syslog::iso(line) else {
        let last = [Framing::Priority, Framing::Tag, Framing::Stern];
        return last.into_iter().find(|f| leaves_payload(*f, line)).unwrap_or(Framing::None);
    };
    // A time alone may be a format's own first column (Classic ELB): the payload has to look like a record too.
    if line.first() == Some(&b'<') || begins_a_record(framed.payload) { Framing::Iso } else { Framing::None }
}

fn leaves_payload(framing: Framing, line: &[u8]) -> bool {
    framing.split(line).is_some_and(|framed| !framed.payload.is_empty())
}

/// Whether a line begins in `payload` as one of the products writes it: a JSON object, Envoy's `[2026-`, or the
/// `[22/Nov/2026:` of nginx, httpd and HAProxy near its start.
fn begins_a_record(payload: &[u8]) -> bool {
    let head = &payload[..payload.len().min(512)];
    let digits = |at: usize, n: usize| head.get(at..at + n).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
    let envoy = head.first() == Some(&b'[') && digits(1, 4) && head.get(5) == Some(&b'-');
    let clf = |at| digits(at + 1, 2) && head.get(at + 3) == Some(&b'/') && head.get(at + 7) == Some(&b'/');
    head.first() == Some(&b'{') || envoy || memchr::memchr_iter(b'[', head).any(clf)
}

#[cfg(test)]
mod tests;
