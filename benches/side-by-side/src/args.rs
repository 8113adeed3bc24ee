//! The command line.

use std::path::{Path, PathBuf};

pub(crate) const HELP: &str = "\
Runs brownout beside other readers of access logs and keeps a record.

  --size MB            bytes of each log made, in MB (default 1000)
  --rounds N           measured rounds after one that is not (default 7)
  --only A,B           these sections only; the record keeps the others
  --real-haproxy FILE  a HAProxy log of your own, measured as a section of its own
  --programs FOLDER    brownout's examples, built already (default: they are built)
  --data FOLDER        where the logs are made and kept (default: beside the programs)
  --record FOLDER      where the record is written (default benches/record)
  --readme             put the record's summary into README.md
  --render             measure nothing: write the tables again from the record
";

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) size: u64,
    pub(crate) rounds: usize,
    pub(crate) only: Vec<String>,
    pub(crate) real_haproxy: Option<PathBuf>,
    pub(crate) programs: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) record: PathBuf,
    pub(crate) readme: bool,
    pub(crate) render: bool,
}

impl Args {
    /// An error is a sentence.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>, root: &Path) -> Result<Self, String> {
        let mut args = Self {
            size: 1000,
            rounds: 7,
            only: Vec::new(),
            real_haproxy: None,
            programs: None,
            data: None,
            record: root.join("benches/record"),
            readme: false,
            render: false,
        };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{name} wants a value"));
            match name.as_str() {
                "--size" => args.size = number(&value()?)?,
                "--rounds" => args.rounds = usize::try_from(number(&value()?)?).unwrap_or(1),
                "--only" => args.only.extend(value()?.split(',').map(str::to_owned)),
                "--real-haproxy" => args.real_haproxy = Some(absolute(&value()?)?),
                "--programs" => args.programs = Some(absolute(&value()?)?),
                "--data" => args.data = Some(value()?.into()),
                "--record" => args.record = value()?.into(),
                "--readme" => args.readme = true,
                "--render" => args.render = true,
                "-h" | "--help" => return Err(HELP.to_owned()),
                _ => return Err(format!("no option {name}\n\n{HELP}")),
            }
        }
        Ok(args)
    }
}

fn absolute(path: &str) -> Result<PathBuf, String> {
    Path::new(path).canonicalize().map_err(|error| format!("{path}: {error}"))
}

fn number(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (1..=1_000_000).contains(number));
    number.ok_or_else(|| format!("{text}: expected a number from 1 to 1000000"))
}
