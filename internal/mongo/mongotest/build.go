package mongotest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// buildTimeout is how long one test waits for another that builds the double.
const buildTimeout = 9 * time.Minute

// program answers the double's program, in bin/ of the project. Its name holds
// a hash of what it is built from.
func program(log func(string)) (string, error) {
	root, err := projectRoot()
	if err != nil {
		return "", err
	}
	source := filepath.Join(root, "testdata", "ferretdb")
	sum, err := hashFiles(filepath.Join(source, "go.mod"), filepath.Join(source, "go.sum"), filepath.Join(source, "main.go"))
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "bin", "ferretdb-"+sum)
	if exists(path) {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(path + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if !exists(path) {
		log("building FerretDB, once")
		err = build(source, path)
	}
	return path, err
}

// build makes the program and then gives it its name, so that it is never
// seen half written.
func build(source, program string) error {
	tmp := program + ".new"
	cmd := exec.Command("go", "build", "-trimpath", "-tags", "ferretdb_no_postgresql", "-o", tmp, ".")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build FerretDB: %w\n%s", err, out)
	}
	older, err := filepath.Glob(filepath.Join(filepath.Dir(program), "ferretdb-????????????????"))
	if err != nil {
		return err
	}
	for _, path := range older {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return os.Rename(tmp, program)
}

// lock keeps other test programs from building at the same time. The lock of a
// build that was killed is void once it is older than any build.
func lock(path string) (unlock func(), err error) {
	for deadline := time.Now().Add(buildTimeout); time.Now().Before(deadline); {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err == nil {
			return func() { _ = os.Remove(path) }, f.Close()
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > buildTimeout {
			_ = os.Remove(path)
		}
		<-time.After(200 * time.Millisecond)
	}
	return nil, fmt.Errorf("somebody else has been building for %s: remove %s if that is not so", buildTimeout, path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// projectRoot is the closest folder above that has a go.mod.
func projectRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod here or above")
		}
		dir = filepath.Dir(dir)
	}
	return dir, nil
}

func hashFiles(paths ...string) (string, error) {
	h := sha256.New()
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return "", err
		}
		_, _ = h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}
