//! What is measured: one section per kind of log, and who takes part in it.

use std::path::{Path, PathBuf};

use crate::contender::{Answer, Contender, Part};
use crate::measure::{Run, find, printed};

/// What `regex` and the other crates read, in MB.
const PEERS_READ: Part = Part::First(128);
/// What GoAccess reads, in MB.
const GOACCESS_READS: Part = Part::First(32);

const NGINX: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time" us="$upstream_status" ua="$upstream_addr" un="$proxy_host""#;
const COMBINED: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

/// A kind of log.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    /// What `generate` calls it; nothing for a file of one's own.
    pub(crate) product: Option<&'static str>,
    /// brownout's preset.
    pub(crate) preset: &'static str,
    /// For GoAccess: the format of a line, of a date, of a time.
    goaccess: Option<[&'static str; 3]>,
    /// For mawk: a program that counts per status.
    mawk: Option<&'static str>,
    /// The peers' programs and what stands before the file in their arguments.
    peers: &'static [Peer],
}

type Peer = (&'static str, &'static str, &'static [&'static str]);

pub(crate) const SECTIONS: [Section; 9] = [
    Section {
        key: "nginx",
        title: "nginx with upstream fields",
        product: Some("nginx"),
        preset: "nginx-upstream",
        goaccess: Some([r#"%h %^[%d:%t %^] "%r" %s %b "%R" "%u" rt=%T %^"#, "%d/%b/%Y", "%T"]),
        mawk: Some(r#"-F"|{split($3,a," ");c[a[1]]++}END{for(s in c)print s,c[s]}"#),
        peers: &[
            ("accesslog_statuses", "crate accesslog, statuses", &[NGINX]),
            ("regex_fields", "crate regex, all fields", &["nginx"]),
        ],
    },
    Section {
        key: "nginx-combined",
        title: "nginx combined",
        product: Some("nginx-combined"),
        preset: "nginx-combined",
        goaccess: Some(["COMBINED", "", ""]),
        mawk: Some(r#"-F"|{split($3,a," ");c[a[1]]++}END{for(s in c)print s,c[s]}"#),
        peers: &[
            ("accesslog_statuses", "crate accesslog, statuses", &[COMBINED]),
            ("access_log_parser_statuses", "crate access_log_parser, statuses", &[]),
            ("regex_fields", "crate regex, all fields", &["nginx-combined"]),
        ],
    },
    Section {
        key: "envoy",
        title: "Envoy, default text",
        product: Some("envoy"),
        preset: "envoy",
        goaccess: Some([r#"[%dT%t.%^] "%r" %s %^ %^ %b %L %^ "%h" "%u" %^"#, "%Y-%m-%d", "%T"]),
        mawk: Some(r#"-F"|{split($3,a," ");c[a[1]]++}END{for(s in c)print s,c[s]}"#),
        peers: &[("regex_fields", "crate regex, all fields", &["envoy"])],
    },
    Section {
        key: "envoy-json",
        title: "Envoy JSON (Istio's keys)",
        product: Some("envoy-json"),
        preset: "istio-json",
        goaccess: Some([
            r#"{"downstream_remote_address":"%h:%^","response_code":"%s","bytes_sent":"%b","method":"%m","path":"%U","protocol":"%H","start_time":"%dT%t.%^","user_agent":"%u"}"#,
            "%Y-%m-%d",
            "%T",
        ]),
        mawk: Some(
            r#" |{i=index($0,"\"response_code\":");c[substr($0,i+16,3)+0]++}END{for(s in c)print s,c[s]}"#,
        ),
        peers: &[
            ("sonic_rs_struct", "crate sonic-rs, struct of 4 keys", &[]),
            ("serde_json_struct", "crate serde_json, struct of 4 keys", &[]),
        ],
    },
    Section {
        key: "alb",
        title: "AWS ALB",
        product: Some("alb"),
        preset: "alb",
        goaccess: Some(["AWSALB", "", ""]),
        mawk: Some(" |{c[$9]++}END{for(s in c)print s,c[s]}"),
        peers: &[("regex_fields", "crate regex, all fields", &["alb"])],
    },
    Section {
        key: "haproxy",
        title: "HAProxy httplog, in a syslog file",
        product: Some("haproxy-syslog"),
        preset: "haproxy",
        goaccess: Some([
            r#"%^ %^ %^ %^ %^ %h:%^ [%d:%t.%^] %^ %^ %^ %s %b %^ %^ %^ %^ %^ {%^} {%^} "%r""#,
            "%d/%b/%Y",
            "%T",
        ]),
        mawk: Some(" |{c[$11]++}END{for(s in c)print s,c[s]}"),
        peers: &[("regex_fields", "crate regex, all fields", &["haproxy-syslog"])],
    },
    Section {
        key: "haproxy-raw",
        title: "HAProxy httplog, bare",
        product: Some("haproxy"),
        preset: "haproxy",
        goaccess: None,
        mawk: Some(" |{c[$6]++}END{for(s in c)print s,c[s]}"),
        peers: &[("regex_fields", "crate regex, all fields", &["haproxy"])],
    },
    Section {
        key: "haproxy-real",
        title: "HAProxy httplog, a real file",
        product: None,
        preset: "auto",
        goaccess: None,
        mawk: None,
        peers: &[],
    },
    Section {
        key: "alb-gz",
        title: "AWS ALB, a folder of 32 gzip files",
        product: Some("alb"),
        preset: "alb",
        goaccess: None,
        mawk: None,
        peers: &[],
    },
];

/// Where programs are.
#[derive(Debug)]
pub(crate) struct Programs<'a> {
    /// brownout's examples.
    pub(crate) brownout: &'a Path,
    /// Those of this package.
    pub(crate) own: &'a Path,
    pub(crate) scratch: &'a Path,
    /// Cores of this machine.
    pub(crate) cores: usize,
}

/// Who takes part, and who is missing here.
#[derive(Debug, Default)]
pub(crate) struct Field {
    pub(crate) contenders: Vec<Contender>,
    pub(crate) missing: Vec<String>,
}

impl Field {
    /// Adds a contender if its program is there.
    fn add(&mut self, program: Option<PathBuf>, name: &str, contender: impl FnOnce(&Path) -> Contender) {
        match program.filter(|path| path.is_file()) {
            Some(path) => self.contenders.push(contender(&path)),
            None => self.missing.push(name.to_owned()),
        }
    }
}

impl Programs<'_> {
    /// Everyone who reads this kind of log. `file` says where a part of it is.
    pub(crate) fn field(
        &self,
        section: &Section,
        file: &dyn Fn(Part) -> Result<PathBuf, String>,
    ) -> Result<Field, String> {
        let mut field = Field::default();
        let whole = file(Part::Whole)?;
        if section.key == "alb-gz" {
            self.decoders(&whole, &mut field);
            self.triage(section.preset, &whole, &mut field);
            return Ok(field);
        }
        field.add(find("wc"), "wc", |wc| Contender {
            key: "wc",
            label: "`wc -l`".into(),
            part: Part::Whole,
            cores: 1,
            answer: Answer::Lines,
            run: Run::new(wc, ["-l"]).stdin(&whole),
        });
        self.triage(section.preset, &whole, &mut field);
        if section.key == "nginx" {
            let format = format!("nginx:{NGINX}");
            field.contenders.push(self.triage_with("brownout-custom", &format, &whole, 1));
        }
        if section.product.is_some() {
            self.columns(section.preset, &whole, &mut field);
        }
        if section.key.starts_with("haproxy") {
            Self::halog(section, &whole, &mut field);
        }
        if let Some(program) = section.mawk {
            let (separator, program) = program.split_once('|').unwrap_or((" ", program));
            field.add(find("mawk"), "mawk", |mawk| {
                let separator = separator.strip_prefix("-F").unwrap_or(separator);
                contender(
                    "mawk",
                    "mawk, statuses",
                    Answer::Statuses,
                    Run::new(mawk, ["-F", separator, program]).stdin(&whole),
                )
            });
        }
        for (program, label, before) in section.peers {
            let input = file(PEERS_READ)?;
            field.add(Some(self.own.join(program)), label, |path| {
                let mut run = Run::new(path, *before);
                run.arguments.push(input.into_os_string());
                Contender { part: PEERS_READ, ..contender(program, label, Answer::Statuses, run) }
            });
        }
        if let Some(formats) = section.goaccess {
            let input = file(GOACCESS_READS)?;
            field.add(find("goaccess"), "GoAccess", |path| self.goaccess(path, formats, &input));
        }
        Ok(field)
    }

    fn triage(&self, preset: &str, input: &Path, field: &mut Field) {
        field.contenders.push(self.triage_with("brownout", preset, input, 1));
        if self.cores > 1 {
            field.contenders.push(self.triage_with("brownout-2", preset, input, 2));
        }
    }

    /// `triage --json` over a file.
    pub(crate) fn triage_with(
        &self,
        key: &'static str,
        format: &str,
        input: &Path,
        threads: usize,
    ) -> Contender {
        let what = if key == "brownout-custom" { ", the format as text" } else { "" };
        let threads_word = if threads == 1 { "1 thread" } else { "2 threads" };
        let label = format!("**brownout** `triage --json`, {threads_word}{what}");
        let threads_text = threads.to_string();
        let mut run = Run::new(
            self.brownout.join("triage"),
            ["--json", "--quiet", "--threads", &threads_text, "--format", format],
        );
        run.arguments.push(input.into());
        Contender { key, label, part: Part::Whole, cores: threads, answer: Answer::Triage, run }
    }

    fn columns(&self, preset: &str, input: &Path, field: &mut Field) {
        for (key, which, label) in [
            ("brownout-every", "every", "brownout as a library, every column of each line"),
            ("brownout-counted", "counted", "brownout as a library, the columns that counting needs"),
        ] {
            field.add(Some(self.own.join("brownout_columns")), label, |path| {
                let mut run = Run::new(path, [which, preset]);
                run.arguments.push(input.into());
                contender(key, label, Answer::Statuses, run)
            });
        }
    }

    fn halog(section: &Section, input: &Path, field: &mut Field) {
        if section.key == "haproxy-raw" {
            // halog looks for the client in the sixth word, behind a syslog header.
            return;
        }
        for (key, option, answer) in
            [("halog-st", "-st", Answer::Statuses), ("halog-srv", "-srv", Answer::Servers)]
        {
            field.add(find("halog"), "halog", |halog| {
                contender(
                    key,
                    &format!("`halog {option}`"),
                    answer,
                    Run::new(halog, [option, "-q"]).stdin(input),
                )
            });
        }
    }

    fn goaccess(&self, program: &Path, [line, date, time]: [&str; 3], input: &Path) -> Contender {
        let answer = self.scratch.join("goaccess.json");
        let mut arguments = vec![
            "--no-global-config".into(),
            "--no-progress".into(),
            format!("--log-format={line}"),
            format!("--output={}", answer.display()),
        ];
        if !date.is_empty() {
            arguments.extend([format!("--date-format={date}"), format!("--time-format={time}")]);
        }
        // Older ones have one thread and no such option.
        if printed(program, &["--help"]).is_some_and(|help| help.contains("--jobs")) {
            arguments.push("--jobs=1".into());
        }
        let mut run = Run::new(program, arguments);
        run.arguments.push(input.into());
        run.answer = Some(answer);
        let label = "GoAccess, one thread, all panels";
        Contender { part: GOACCESS_READS, ..contender("goaccess", label, Answer::Goaccess, run) }
    }

    fn decoders(&self, folder: &Path, field: &mut Field) {
        for (key, threads) in [("decoder", 1), ("decoder-2", 2)].into_iter().take(self.cores.min(2)) {
            field.add(Some(self.own.join("gunzip_folder")), "bare decoder", |path| {
                let mut run = Run::new(path, [folder]);
                run.arguments.push(threads.to_string().into());
                let word = if threads == 1 { "1 thread" } else { "2 threads" };
                let label = format!("bare decoder (flate2 with zlib-rs), {word}");
                Contender { cores: threads, ..contender(key, &label, Answer::Nothing, run) }
            });
        }
    }
}

fn contender(key: &'static str, label: &str, answer: Answer, run: Run) -> Contender {
    Contender { key, label: label.to_owned(), part: Part::Whole, cores: 1, answer, run }
}
