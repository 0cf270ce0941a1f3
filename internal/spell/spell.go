// Package spell finds the name that was probably meant.
package spell

import "slices"

// Nearest answers the one of the names that is most like the given one. There
// has to be one.
func Nearest(name string, names []string) string {
	return slices.MinFunc(names, func(a, b string) int {
		return distance(name, a) - distance(name, b)
	})
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
