package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	sqlitedriver "modernc.org/sqlite"
)

// conn is one connection with its prepared statements, for one goroutine at a
// time. It speaks to the driver itself: database/sql's pool would only be in
// the way of a single writer, and its conversions cost as much as a look-up.
type conn struct {
	raw   driverConn
	stmts map[string]driverStmt
	args  []driver.NamedValue
	// changes counts the rows that statements changed, ever.
	changes int64
}

type driverConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
}

type driverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// pragmas of every connection. FULL syncs each commit, so that an answered
// write survives a power cut too; a hub's writers do that themselves (durable).
//
// Pages of 8 KiB take a tenth less work than those of 4 KiB (decision 009); a
// file that an older hub made keeps the size that it has.
var pragmas = []string{
	"busy_timeout = 2000",
	"page_size = 8192",
	"journal_mode = WAL",
	"synchronous = FULL",
	"foreign_keys = OFF",
	"temp_store = MEMORY",
	"journal_size_limit = 67108864",
}

// dial opens the database file. cacheKiB bounds the connection's page cache.
func dial(path string, cacheKiB int, readOnly bool) (*conn, error) {
	set := append([]string{fmt.Sprintf("cache_size = -%d", cacheKiB)}, pragmas...)
	if readOnly {
		set = append(set, "query_only = ON")
	}
	return connect(path, "", set)
}

// dialBeside opens the database file to read it, and leaves it as it is: a
// connection that may write carries the log of changes over when it is the last
// to close.
func dialBeside(path string) (*conn, error) {
	return connect(path, "mode=ro", []string{fmt.Sprintf("cache_size = -%d", readerCache), "busy_timeout = 2000", "page_size = 8192", "temp_store = MEMORY"})
}

// connect opens the database file with parameters of SQLite's own (URI filenames)
// and sets pragmas.
func connect(path, query string, set []string) (*conn, error) {
	if err := tune(); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	raw, err := (&sqlitedriver.Driver{}).Open((&url.URL{Scheme: "file", Path: abs, RawQuery: query}).String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	dc, ok := raw.(driverConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("open %s: the driver's connection is a %T", path, raw), raw.Close())
	}
	c := &conn{raw: dc, stmts: map[string]driverStmt{}}
	for _, p := range set {
		if err := c.script("PRAGMA " + p); err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), c.close())
		}
	}
	return c, nil
}

// close finalizes the statements and closes the connection.
func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	c.stmts = nil
	return errors.Join(append(errs, c.raw.Close())...)
}

// script carries out SQL without parameters, of any number of statements.
func (c *conn) script(sql string) error {
	_, err := c.raw.ExecContext(context.Background(), sql, nil)
	return err
}

// scriptIn is script, which the context can interrupt.
func (c *conn) scriptIn(ctx context.Context, sql string) error {
	_, err := c.raw.ExecContext(ctx, sql, nil)
	return err
}

// prepared answers the statement, prepared on its first use.
func (c *conn) prepared(sql string) (driverStmt, error) {
	if s, ok := c.stmts[sql]; ok {
		return s, nil
	}
	s, err := c.prepare(sql)
	if err != nil {
		return nil, err
	}
	c.stmts[sql] = s
	return s, nil
}

func (c *conn) prepare(sql string) (driverStmt, error) {
	s, err := c.raw.PrepareContext(context.Background(), sql)
	if err != nil {
		return nil, err
	}
	ds, ok := s.(driverStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's statement is a %T", s), s.Close())
	}
	return ds, nil
}

// bind numbers the arguments: nil, int64, string, []byte or bool, nothing else.
// The answer is good until the next call.
func (c *conn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, a := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return c.args
}

// exec carries out a statement, which stays prepared, and answers how many
// rows it changed.
func (c *conn) exec(sql string, args ...any) (int64, error) {
	_, n, err := c.do(sql, args)
	return n, err
}

// insert is exec for one row, and answers the number that SQLite gave it, 0 if
// it was not inserted.
func (c *conn) insert(sql string, args ...any) (int64, error) {
	r, n, err := c.do(sql, args)
	if err != nil || n == 0 {
		return 0, err
	}
	return r.LastInsertId()
}

func (c *conn) do(sql string, args []any) (driver.Result, int64, error) {
	s, err := c.prepared(sql)
	if err != nil {
		return nil, 0, err
	}
	r, err := s.ExecContext(context.Background(), c.bind(args))
	if err != nil {
		return nil, 0, err
	}
	n, err := r.RowsAffected()
	c.changes += n
	return r, n, err
}

// query calls each with every row of the answer. The statement stays prepared.
func (c *conn) query(sql string, each func(row) error, args ...any) error {
	s, err := c.prepared(sql)
	if err != nil {
		return err
	}
	return c.rows(context.Background(), s, each, args)
}

// number answers the one number that a query finds, 0 for NULL.
func (c *conn) number(sql string, args ...any) (n int64, err error) {
	err = c.query(sql, func(r row) error {
		n = r.number(0)
		return nil
	}, args...)
	return n, err
}

// queryOnce is query for SQL that is put together from a request: it is not
// kept prepared, and the context can interrupt it.
func (c *conn) queryOnce(ctx context.Context, sql string, each func(row) error, args ...any) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	err = c.rows(ctx, s, each, args)
	if e := s.Close(); err == nil {
		err = e
	}
	return err
}

func (c *conn) rows(ctx context.Context, s driverStmt, each func(row) error, args []any) error {
	rows, err := s.QueryContext(ctx, c.bind(args))
	if err != nil {
		return err
	}
	values := make(row, len(rows.Columns()))
	for err == nil {
		if err = rows.Next(values); err == nil {
			err = each(values)
		}
	}
	closed := rows.Close()
	if errors.Is(err, io.EOF) || errors.Is(err, errEnough) {
		err = nil
	}
	if err == nil {
		err = closed
	}
	return err
}

// errEnough ends a query before its last row.
var errEnough = errors.New("enough rows")

// row is the current row of an answer.
type row []driver.Value

// text of a column, empty for NULL.
func (r row) text(i int) string { s, _ := r[i].(string); return s }

// number of a column, 0 for NULL.
func (r row) number(i int) int64 { n, _ := r[i].(int64); return n }

// bytes of a column, nil for NULL. They belong to the caller.
func (r row) bytes(i int) []byte { b, _ := r[i].([]byte); return b }
