// Package parallel runs functions at once, within a limit.
//
// It knows nothing of the product. Whoever starts something beside itself may import it.
package parallel
