// Command pack checks what goes into the extension and makes the package that tfx-cli writes fit to be published: the
// same bytes from every folder, run bits on the binaries, dense, complete and small enough. build.sh calls it.
//
// It must not know how the product works; it knows files, versions and the rules of the Marketplace.
package main
