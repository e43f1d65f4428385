//! SQL: capability `sql`.

use crate::handle::Handle;
use crate::{call, error::check, Error, Text};

/// Runs a read-only query on the database named by an option of type
/// `database`.
pub fn query(database: &str, query: &str) -> Result<Rows, Error> {
    Handle::of_call(call::sql_query(database, query)).map(|handle| Rows { handle })
}

/// The result of a query.
///
/// ```no_run
/// # fn example() -> Result<(), vega::Error> {
/// let mut rows = vega::sql::query("app", "SELECT name FROM jobs")?;
/// while rows.advance()? {
///     let name: vega::Text<128> = rows.column(0)?;
///     vega::info!("{} is waiting", name);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Rows {
    handle: Handle,
}

impl Rows {
    /// Advances to the next row and returns whether there is one.
    pub fn advance(&mut self) -> Result<bool, Error> {
        check(call::sql_next(self.handle.number())).map(|n| n == 1)
    }

    /// Returns a column of the current row as text; NULL is
    /// [`Kind::NotSet`](crate::Kind::NotSet).
    pub fn column<const N: usize>(&self, i: usize) -> Result<Text<N>, Error> {
        Text::ask(|buf| {
            call::sql_column(
                self.handle.number(),
                i32::try_from(i).unwrap_or(i32::MAX),
                buf,
            )
        })
    }

    /// Frees the handle before the rows are dropped. Later calls return
    /// [`Kind::Closed`](crate::Kind::Closed).
    pub fn close(&mut self) {
        self.handle.close();
    }
}
