package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"threadhub/internal/spell"
)

// resolver gives kong the settings that the command line does not name. One
// serves one call of Parse.
type resolver struct {
	environ map[string]string
	file    map[string]fileValue
}

// Validate is kong's; everything is checked on loading.
func (*resolver) Validate(*kong.Application) error { return nil }

// Resolve answers the value of one setting, nil if it is given nowhere.
func (r *resolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !isSetting(flag.Value) {
		return nil, nil
	}
	if value, ok := r.environ[EnvName(flag.Name)]; ok {
		return value, readable(flag, value, EnvName(flag.Name))
	}
	if value, ok := r.file[fileKey(flag.Name)]; ok {
		return value.text, readable(flag, value.text, value.place)
	}
	return nil, nil
}

// load reads the configuration file, if one is named, and refuses what is no
// setting.
func (r *resolver) load(ctx *kong.Context) error {
	known := settings()
	if err := checkEnviron(r.environ, known); err != nil {
		return err
	}
	path := r.environ[EnvName("config")]
	for _, p := range ctx.Path {
		if p.Flag != nil && p.Flag.Name == "config" {
			path, _ = ctx.FlagValue(p.Flag).(string)
		}
	}
	if path == "" {
		return nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read configuration file: %w", err)
	}
	r.file, err = parseFile(path, raw, known)
	return err
}

// readable tries a value on a flag, so that the error names where the value
// comes from.
func readable(flag *kong.Flag, value, place string) error {
	target := reflect.New(flag.Target.Type()).Elem()
	err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: kong.Scan().PushTyped(value, kong.FlagValueToken)}, target)
	if err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	return nil
}

// environment keeps the hub's variables that are set to something.
func environment(environ []string) map[string]string {
	ours := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, envPrefix) && value != "" && !foreign(name, value) {
			ours[name] = value
		}
	}
	return ours
}

// foreign tells variables that begin like ours and are not: those of the
// tests, and those that Kubernetes sets for a service called "threadhub".
func foreign(name, value string) bool {
	rest := strings.TrimPrefix(name, envPrefix)
	switch {
	case strings.HasPrefix(rest, "TEST_"):
		return true
	case rest == "SERVICE_HOST", rest == "SERVICE_PORT", strings.HasPrefix(rest, "SERVICE_PORT_"), strings.HasPrefix(rest, "PORT_"):
		return true
	case rest == "PORT":
		return strings.Contains(value, "://")
	}
	return false
}

// checkEnviron refuses variables of the hub's that name no setting.
func checkEnviron(environ map[string]string, known []setting) error {
	names := make([]string, len(known))
	for i, s := range known {
		names[i] = EnvName(s.Name)
	}
	var errs []error
	for _, name := range unknown(environ, names) {
		errs = append(errs, fmt.Errorf("environment variable %s is no setting; the nearest is %s: correct it or unset it", name, spell.Nearest(name, names)))
	}
	return errors.Join(errs...)
}
