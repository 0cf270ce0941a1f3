// Package vk connects communities of VK through the Callback API and the
// messages methods.
//
// VK signs nothing. Each webhook holds the secret that the community's settings
// name, and the community's id; both are demanded. One webhook is one event, and
// the only right answer to it is the word ok.
package vk
