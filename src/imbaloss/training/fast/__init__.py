"""What makes training faster and changes nothing else: the same networks come out, up to the order of summation.

`plan` decides which shortcuts a training takes, by the recipe, the size of the data and the processor. `fused_steps`
trains perceptrons without autograd, `gram_first_layer` trains their first layer through the Gram matrix of the inputs,
`matmul_backend` chooses the library that multiplies matrices, and `memory` keeps freed memory in the process.

Without this folder, training would be `optimizers.py` steps of ordinary networks. The modules here know recipes,
optimizers and networks. They do not know the stack and the loop that use them.
"""
