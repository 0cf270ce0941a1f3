package conntest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"threadhub/connectors"
	"threadhub/normalize"
)

// carriedCalls are the calls of all outgoing cases with their answers.
func (b *bench) carriedCalls() ([]carried, error) {
	var all []carried
	for _, c := range b.out {
		op, answers, err := c.operation()
		if err != nil {
			return nil, fmt.Errorf("case out/%s: %w", c.name, err)
		}
		t := &transcript{bench: b, answers: answers}
		err = t.run(op)
		if err != nil {
			return nil, fmt.Errorf("case out/%s: %w", c.name, err)
		}
		all = append(all, t.calls...)
	}
	return all, nil
}

func checkCalls(b *bench) error {
	all, err := b.carriedCalls()
	if err != nil {
		return err
	}
	switch local := b.local() != nil; {
	case local && len(all) > 0:
		return errors.New("a connector of a channel that is read at the hub makes calls")
	case !local && len(all) == 0:
		return errors.New("no case makes a call")
	}
	for _, c := range all {
		if err := b.complete(c.call); err != nil {
			return fmt.Errorf("call %q: %w", c.call.Name, err)
		}
		if err := b.resumes(c); err != nil {
			return fmt.Errorf("call %q: %w", c.call.Name, err)
		}
	}
	return nil
}

func (b *bench) complete(call *connectors.Call) error {
	u, err := url.Parse(call.URL)
	switch {
	case err != nil:
		return errors.New("its address cannot be read")
	case call.Name == "" || call.Method == "":
		return errors.New("it needs a name and a method")
	case u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("its address is not an absolute http address")
	}
	if name, ok := b.leak(call.Name); ok {
		return fmt.Errorf("its name holds %q", name)
	}
	if call.Upload != nil {
		return completeUpload(call)
	}
	return nil
}

// resumes asks a fresh connector for the same call again, as the hub does after
// a crash: it depends on what is stored and on nothing else.
func (b *bench) resumes(c carried) error {
	if c.out == nil {
		return nil
	}
	if c.call.Part < 0 || c.call.Part >= len(c.out.Parts) {
		return fmt.Errorf("part %d of %d", c.call.Part, len(c.out.Parts))
	}
	fresh, err := b.Kind.New(b.Config)
	if err != nil {
		return err
	}
	before := indent(c.out)
	again, err := fresh.Next(c.out, slices.Clone(c.done))
	if err != nil {
		return fmt.Errorf("asked again: %w", err)
	}
	if again == nil || b.callText(again) != b.callText(c.call) {
		return errors.New("asked again, Next answers another call")
	}
	if indent(c.out) != before {
		return errors.New("changes the message")
	}
	return nil
}

// garbage are answers' bodies that say nothing.
func garbage() []string {
	return []string{
		"", " ", "null", "{}", "[]", "true", "42", `"ok"`, "ok", "<html>502</html>", `{"ok":tru`, "\x00\xff\xfe",
		`{"error":5}`, `{"error":null}`, `{"error":{"code":"x","message":7}}`, `{"errors":[null]}`, `{"result":[]}`, `{"ok":"yes","result":"no"}`,
	}
}

func checkAnswers(b *bench) error {
	all, err := b.carriedCalls()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.call.Name] {
			continue
		}
		seen[c.call.Name] = true
		for _, status := range []int{0, 100, 200, 201, 204, 302, 400, 401, 403, 404, 408, 409, 413, 418, 429, 500, 502, 503, 504, 599, -1} {
			for _, body := range garbage() {
				if err := b.checkAnswer(c.call, status, body); err != nil {
					return fmt.Errorf("call %q answered %d %q: %w", c.call.Name, status, body, err)
				}
			}
		}
	}
	return nil
}

func (b *bench) checkAnswer(call *connectors.Call, status int, body string) error {
	o, err := b.classify(call, &connectors.Response{Status: status, Header: http.Header{}, Body: []byte(body)})
	if err != nil {
		return err
	}
	if err := cmp.Or(sound(o), b.soundStale(o)); err != nil {
		return err
	}
	switch {
	case o.Verdict == connectors.Done && call.Visible:
		return errors.New("taken for success")
	case o.Verdict == connectors.Done && (status < 200 || status >= 300):
		return errors.New("taken for success")
	case status == http.StatusTooManyRequests && o.Verdict != connectors.Wait && o.Verdict != connectors.Retry:
		return fmt.Errorf("verdict %q for a throttled call", o.Verdict)
	}
	return nil
}

func (b *bench) classify(call *connectors.Call, resp *connectors.Response) (o connectors.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("classify panics: %v", p)
		}
	}()
	return b.conn.Classify(call, resp), nil
}

// sound checks that the outcome keeps to its own rules.
func sound(o connectors.Outcome) error {
	verdicts := []connectors.Verdict{connectors.Done, connectors.Retry, connectors.Wait, connectors.Refuse, connectors.Suspend, connectors.Unclear}
	switch {
	case !slices.Contains(verdicts, o.Verdict):
		return fmt.Errorf("verdict %q", o.Verdict)
	case o.After < 0:
		return fmt.Errorf("a pause of %s", o.After)
	case o.Verdict == connectors.Done:
		return nil
	case o.Failure == nil:
		return fmt.Errorf("verdict %q without a failure", o.Verdict)
	case !slices.Contains(reasons(), o.Failure.Reason):
		return fmt.Errorf("reason %q", o.Failure.Reason)
	}
	return nil
}

func reasons() []normalize.Reason {
	return []normalize.Reason{
		normalize.ReasonAuth, normalize.ReasonWindow, normalize.ReasonBlocked, normalize.ReasonGone, normalize.ReasonContent,
		normalize.ReasonThrottled, normalize.ReasonUnavailable, normalize.ReasonExpired, normalize.ReasonUnknown,
	}
}
