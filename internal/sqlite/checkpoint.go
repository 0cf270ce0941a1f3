package sqlite

import "fmt"

// checkpointRows is after how many changed rows the log is copied into the file.
const checkpointRows = 2000

// checkpointer copies the write-ahead log into the file beside the writer,
// which would have to wait for the disk. While the writer writes, it never comes
// to the end of the log, where that could begin anew: from a certain length on
// the writer copies what is left itself (wal_autocheckpoint).
type checkpointer struct {
	conn  *conn
	rows  int64 // changed since the latest asking; the writer's own
	asked chan struct{}
	ended chan struct{}
}

func startCheckpointer(path string) (*checkpointer, error) {
	c, err := dial(path, checkpointCache, false)
	if err != nil {
		return nil, err
	}
	p := &checkpointer{conn: c, asked: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		for range p.asked {
			// What fails or cannot be done now is done by the next, at the latest
			// by the writer's own.
			_ = c.script("PRAGMA wal_checkpoint(PASSIVE)")
		}
	}()
	return p, nil
}

// wrote is told how many rows the writer has changed.
func (p *checkpointer) wrote(rows int64) {
	p.rows += rows
	if p.rows < checkpointRows {
		return
	}
	select {
	case p.asked <- struct{}{}:
		p.rows = 0
	default: // it is at it
	}
}

func (p *checkpointer) close() error {
	close(p.asked)
	<-p.ended
	if err := p.conn.close(); err != nil {
		return fmt.Errorf("close checkpointer: %w", err)
	}
	return nil
}
