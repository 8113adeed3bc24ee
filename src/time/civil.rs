//! Days and dates of the proleptic Gregorian calendar, for the years 0 to 9999.
//!
//! The arithmetic is Howard Hinnant's (<https://howardhinnant.github.io/date_algorithms.html>): years begin in
//! March, so that the leap day is the last of the year.

/// Days in the 400 years after which the calendar repeats.
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;

/// Days since 1970-01-01, or `None` where there is no such day.
#[inline]
pub(super) const fn days(year: u32, month: u32, day: u32) -> Option<i64> {
    if day == 0 || day > days_in_month(year, month) {
        return None;
    }
    let (year, month) = if month > 2 { (year as i64, month - 3) } else { (year as i64 - 1, month + 9) };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month as i64 + 2) / 5 + day as i64 - 1;
    Some(era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH)
}

/// Year, month and day, `days` after 1970-01-01.
pub(super) const fn date(days: i64) -> (i64, u32, u32) {
    let shifted = days + EPOCH;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month + 2) / 5 + 1) as u32;
    let month = if month < 10 { month + 3 } else { month - 9 } as u32;
    let year = era * 400 + year_of_era + (month <= 2) as i64;
    (year, month, day)
}

/// 28 to 31; 0 where there is no such month.
#[inline]
const fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, NaiveDate};

    #[test]
    fn every_day_of_ten_thousand_years_as_chrono_has_it() {
        let mut day = NaiveDate::from_ymd_opt(0, 1, 1).unwrap();
        let mut number = days(0, 1, 1).unwrap();
        assert_eq!(
            NaiveDate::from_ymd_opt(1970, 1, 1).unwrap().signed_duration_since(day).num_days(),
            -number
        );
        while day.year() <= 9999 {
            assert_eq!(days(day.year() as u32, day.month(), day.day()), Some(number));
            assert_eq!(date(number), (i64::from(day.year()), day.month(), day.day()));
            number += 1;
            day = day.succ_opt().unwrap();
        }
    }

    #[test]
    fn days_that_are_not() {
        for (year, month, day) in [
            (2026, 0, 1),
            (2026, 13, 1),
            (2026, 1, 0),
            (2026, 1, 32),
            (2026, 2, 29),
            (1900, 2, 29),
            (2024, 2, 30),
            (2026, 4, 31),
            (2026, 99, 99),
        ] {
            assert_eq!(days(year, month, day), None, "{year}-{month}-{day}");
        }
    }
}
