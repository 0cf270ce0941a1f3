package simulate

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
)

// picture draws the PNG that belongs to a key: coloured tiles, the same ones
// for the same key.
func picture(key string, width, height int) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	sum := h.Sum64()
	palette := color.Palette{color.Black}
	for i := range 8 {
		v := sum >> (8 * i)
		palette = append(palette, color.RGBA{uint8(64 + v%160), uint8(64 + v/3%160), uint8(64 + v/7%160), 255})
	}
	img := image.NewPaletted(image.Rect(0, 0, width, height), palette)
	tile := max(width/8, 1)
	for y := range height {
		for x := range width {
			cell := uint64(x/tile)*31 + uint64(y/tile)*17
			img.SetColorIndex(x, y, uint8(1+(sum>>(cell%56))%8))
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic("simulate: picture: " + err.Error()) // a bytes.Buffer takes everything
	}
	return out.Bytes()
}
