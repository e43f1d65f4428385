// Package cron reads the schedules of crontabs, and computes when they run. Call Parse,
// then Schedule.Next. It follows Debian's cron and healthchecks.io, also where clocks
// change:
//
//   - A schedule whose minute and hour do not begin with * runs at times of day. A time
//     that does not exist, because the clock was put forward over it, runs at the first
//     moment after the gap. A time that exists twice runs once, the first time.
//   - Any other schedule, such as */10 * * * *, runs at every moment at which the clock
//     shows a matching time: not in a gap, and in both of two equal hours.
//   - If neither the day of the month nor the day of the week begins with *, a day that
//     matches one of them is enough. Otherwise both must match.
//
// The package embeds the time zones, so that they exist on hosts without any.
package cron
