//! Runs one program to its end and writes down what it took: CPU time and wall time in microseconds, its largest
//! resident set in bytes, and its exit status.
//!
//! A process of its own, because Linux counts the memory of who starts a program as that program's until it has more
//! itself: this one is small.
//!
//! `launch REPORT PROGRAM ARGUMENTS…`

use std::error::Error;
use std::process::Command;
use std::time::Instant;

use wait4::Wait4;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let report = arguments.next().ok_or("where to?")?;
    let program = arguments.next().ok_or("which program?")?;
    let start = Instant::now();
    let used = Command::new(program).args(arguments).spawn()?.wait4()?;
    let wall = start.elapsed().as_micros();
    let cpu = (used.rusage.utime + used.rusage.stime).as_micros();
    let status = used.status.code().unwrap_or(-1);
    std::fs::write(report, format!("{cpu} {wall} {} {status}\n", used.rusage.maxrss))?;
    Ok(())
}
