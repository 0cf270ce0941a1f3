package connectors

// Set is the list of platforms a hub can connect to, in the order shown to
// admins.
type Set []Kind

// Lookup finds a kind by its name.
func (s Set) Lookup(name string) (Kind, bool) {
	for _, k := range s {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
