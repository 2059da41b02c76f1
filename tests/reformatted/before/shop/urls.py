from django.urls import path
from shop.views import enter,claims
urlpatterns=[path('enter',enter),path('claims',claims)]
