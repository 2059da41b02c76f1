from django.urls import path
from shop.web.entry import enter, claims

urlpatterns = [path("enter", enter), path("claims", claims)]
